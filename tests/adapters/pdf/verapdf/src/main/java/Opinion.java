import java.io.FileInputStream;
import java.io.InputStream;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Validates PDF files against one standard and prints one line for each: the count of checks that
 * were made, a tab, and what was found, with a bar between findings.
 *
 * Arguments: the name of the standard ("3a", "ua1"), then the files.
 */
public class Opinion {
    public static void main(String[] arguments) throws Exception {
        LogManager.getLogManager().reset();
        Logger.getLogger("").setLevel(Level.OFF);
        VeraGreenfieldFoundryProvider.initialise();
        PDFAFlavour flavour = PDFAFlavour.fromString(arguments[0]);
        for (int place = 1; place < arguments.length; place++) {
            try (
                InputStream file = new FileInputStream(arguments[place]);
                PDFAParser parser = Foundries.defaultInstance().createParser(file, flavour);
                PDFAValidator validator =
                    Foundries.defaultInstance().createValidator(flavour, false)
            ) {
                System.out.println(opinion(validator.validate(parser)));
            }
        }
    }

    private static String opinion(ValidationResult result) {
        StringBuilder found = new StringBuilder().append(result.getTotalAssertions()).append('\t');
        for (TestAssertion assertion : result.getTestAssertions()) {
            if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                found.append(assertion.getRuleId().getClause()).append('/')
                    .append(assertion.getRuleId().getTestNumber()).append(' ')
                    .append(assertion.getMessage().replaceAll("\\s+", " ")).append(" | ")
                    .append(assertion.getLocation().getContext()).append(" | ");
            }
        }
        if (!result.isCompliant() && found.charAt(found.length() - 1) == '\t') {
            found.append("not compliant, without a finding");
        }
        return found.toString();
    }
}
