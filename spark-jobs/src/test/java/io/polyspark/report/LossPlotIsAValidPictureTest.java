package io.polyspark.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

class LossPlotIsAValidPictureTest {
  @Test
  void pngHasTheCurvesInIt() throws Exception {
    byte[] png = new LossPlot(curve(400), "char, 2 replicas", OptionalDouble.of(1.1)).png();
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
    assertThat(image.getWidth()).isEqualTo(1920);
    assertThat(image.getHeight()).isEqualTo(1120);
    assertThat(colours(image)).contains(0x1F6FB2, 0xD9622B, 0x4D8B57);
  }

  @Test
  void svgIsXmlWithTheCurveInIt() throws Exception {
    byte[] svg = new LossPlot(curve(400), "char, 2 replicas", OptionalDouble.empty()).svg();
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    Document document = factory.newDocumentBuilder().parse(new ByteArrayInputStream(svg));
    assertThat(document.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(new String(svg, StandardCharsets.UTF_8)).contains("rgb(31,111,178)");
  }

  @Test
  void aRunWithoutValidationOrWithLossesThatAreNoNumbersIsDrawnToo() throws Exception {
    LossCurve curve = new LossCurve(new Curve(), new Curve(), new Curve());
    curve.steps().add(1, 5.5);
    curve.steps().add(2, Double.NaN);
    curve.rounds().add(1.5, Double.NaN);
    byte[] png = new LossPlot(curve, "stopped", OptionalDouble.empty()).png();
    assertThat(ImageIO.read(new ByteArrayInputStream(png))).isNotNull();
  }

  private static LossCurve curve(int steps) {
    Random random = new Random(7);
    LossCurve curve = new LossCurve(new Curve(), new Curve(), new Curve());
    for (int step = 1; step <= steps; step++) {
      double loss = 1.5 + 4 * Math.exp(-step / 60.0);
      curve.steps().add(step * 1536.0, loss + 0.08 * random.nextGaussian());
      if (step % 20 == 0) {
        curve.rounds().add((step - 10) * 1536.0, loss);
      }
      if (step % 80 == 0) {
        curve.validation().add(step * 1536.0, loss + 0.07);
      }
    }
    return curve;
  }

  private static List<Integer> colours(BufferedImage image) {
    int[] pixels =
        image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    return Arrays.stream(pixels).map(rgb -> rgb & 0xFFFFFF).distinct().boxed().toList();
  }
}
