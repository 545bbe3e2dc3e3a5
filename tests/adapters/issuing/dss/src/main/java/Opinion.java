import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.File;
import java.util.StringJoiner;

/**
 * Validates sealed files by the default policy and prints one line of JSON for each.
 *
 * Arguments: a trusted root (DER), then the files. Nothing is fetched: what a file carries is all
 * that there is.
 */
public class Opinion {
    public static void main(String[] arguments) throws Exception {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        trusted.addCertificate(DSSUtils.loadCertificate(new File(arguments[0])));
        for (int place = 1; place < arguments.length; place++) {
            CommonCertificateVerifier verifier = new CommonCertificateVerifier();
            verifier.setTrustedCertSources(trusted);
            SignedDocumentValidator validator =
                SignedDocumentValidator.fromDocument(new FileDocument(arguments[place]));
            validator.setCertificateVerifier(verifier);
            System.out.println(opinion(validator.validateDocument()));
        }
    }

    private static String opinion(Reports reports) {
        SimpleReport simple = reports.getSimpleReport();
        DiagnosticData data = reports.getDiagnosticData();
        SignatureWrapper seal = data.getSignatures().get(0);
        StringJoiner stamps = new StringJoiner(",");
        for (TimestampWrapper stamp : data.getTimestampList()) {
            boolean holds = stamp.isMessageImprintDataFound() && stamp.isMessageImprintDataIntact()
                && stamp.isSignatureValid();
            stamps.add("[\"" + stamp.getType() + "\"," + holds + "]");
        }
        return "{\"format\":\"" + seal.getSignatureFormat()
            + "\",\"valid\":" + seal.isSignatureValid()
            + ",\"indication\":\"" + simple.getIndication(seal.getId())
            + "\",\"reason\":\"" + simple.getSubIndication(seal.getId())
            + "\",\"timestamps\":[" + stamps + "]}";
    }
}
