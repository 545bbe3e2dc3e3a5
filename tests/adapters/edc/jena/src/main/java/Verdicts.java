import java.io.PrintStream;
import java.util.Arrays;
import org.apache.jena.graph.Graph;
import org.apache.jena.riot.RDFDataMgr;
import org.apache.jena.shacl.ShaclValidator;
import org.apache.jena.shacl.Shapes;
import org.apache.jena.shacl.ValidationReport;

/** Says of each graph, in one word per line, whether it conforms to the shapes of the first file. */
public final class Verdicts {
    public static void main(String[] files) {
        PrintStream answers = System.out;
        Shapes shapes = Shapes.parse(RDFDataMgr.loadGraph(files[0]));
        for (String file : Arrays.asList(files).subList(1, files.length)) {
            Graph graph = RDFDataMgr.loadGraph(file);
            ValidationReport report = ShaclValidator.get().validate(shapes, graph);
            answers.println(report.conforms() ? "conforms" : "violates");
        }
    }
}
