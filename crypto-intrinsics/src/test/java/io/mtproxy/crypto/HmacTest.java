// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static io.mtproxy.crypto.Vectors.bytes;
import static io.mtproxy.crypto.Vectors.directSlice;
import static io.mtproxy.crypto.Vectors.hex;
import static io.mtproxy.crypto.Vectors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HmacTest
{
    private final Hmac hmac = new Hmac(new CipherScratch());

    /** RFC 4231, cases 1, 2, 3, 6 and 7. */
    @ParameterizedTest
    @CsvSource({
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b, 4869205468657265, " +
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        "4a656665, 7768617420646f2079612077616e7420666f72206e6f7468696e673f, " +
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "aa*20, dd*50, 773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        "aa*131, 54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b65792" +
            "04669727374, 60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        "aa*131, 5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b6579" +
            "20616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e656564732074" +
            "6f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e" +
            ", 9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"})
    void shouldMatchRfc4231(String key, String message, String expected)
    {
        hmac.init(repeated(key));
        byte[] in = repeated(message);
        hmac.update(in, 0, in.length);
        assertEquals(expected, Vectors.hex(result()));
    }

    private static byte[] repeated(String digits)
    {
        int star = digits.indexOf('*');
        return star < 0 ?
            hex(digits) :
            hex(digits.substring(0, star).repeat(Integer.parseInt(digits.substring(star + 1))));
    }

    @Test
    void shouldMatchTheJdkForKeysAndMessagesOfEveryLength() throws GeneralSecurityException
    {
        Mac reference = Mac.getInstance("HmacSHA256");
        for (int keyLength = 1; keyLength <= 130; keyLength++)
        {
            byte[] key = random(keyLength, keyLength);
            byte[] message = random(3 * keyLength, 1000 + keyLength);
            reference.init(new SecretKeySpec(key, "HmacSHA256"));
            byte[] expected = reference.doFinal(message);
            byte[] around = new byte[keyLength + 5];
            System.arraycopy(key, 0, around, 5, keyLength);

            hmac.init(around, 5, keyLength);
            hmac.update(message, 0, keyLength);
            hmac.update(directSlice(message, 9), keyLength, 2 * keyLength);
            assertArrayEquals(expected, result());

            hmac.update(message, 0, message.length);
            assertArrayEquals(expected, result(), "the key stays for another message");
        }
    }

    @Test
    void shouldForgetABegunMessageAndTheKey()
    {
        byte[] key = random(16, 1);
        byte[] message = random(100, 2);
        assertThrows(IllegalStateException.class, () -> hmac.update(message, 0, 1));
        hmac.init(key);
        hmac.update(message, 0, 100);
        byte[] expected = result();

        hmac.update(message, 3, 50);
        hmac.init(key);
        hmac.update(message, 0, 100);
        assertThrows(IndexOutOfBoundsException.class, () -> hmac.doFinal(new byte[32], 1));
        assertArrayEquals(expected, result());

        hmac.close();
        hmac.close();
        assertThrows(IllegalStateException.class, this::result);
        assertThrows(IllegalStateException.class, () -> hmac.update(directSlice(message, 0), 0, 1));
        hmac.init(key);
        hmac.update(message, 0, 100);
        assertArrayEquals(expected, result());
    }

    @Test
    @DisplayName("ClientHello digests, with the timestamp xored over their end [P-TLS-15] [P-TLS-16]")
    void shouldMatchClientHellos()
    {
        JsonNode file = Vectors.read("fake_tls.json");
        int accepted = 0;
        for (JsonNode vector : file.required("client_hello"))
        {
            if ("accept".equals(vector.required("action").textValue()))
            {
                byte[] hello = bytes(vector, "client_hello");
                byte[] random = Arrays.copyOfRange(hello, 11, 43);
                Arrays.fill(hello, 11, 43, (byte)0);
                hmac.init(hex(file.required("secrets").required(vector.required("secret").intValue()).textValue()));
                hmac.update(directSlice(hello, 0), 0, hello.length);
                byte[] digest = result();

                assertTrue(ConstantTime.equals(digest, 0, random, 0, 28));
                int timestamp = littleEndianInt(digest, 28) ^ littleEndianInt(random, 28);
                assertEquals(vector.required("timestamp").intValue(), timestamp);
                accepted++;
            }
        }
        assertTrue(accepted > 0);
    }

    @Test
    @DisplayName("the server's Random is the HMAC over the client's and the whole flight [P-TLS-23]")
    void shouldMatchServerFlights()
    {
        for (JsonNode vector : Vectors.read("fake_tls.json").required("server_flight"))
        {
            checkFlight(vector);
        }
        checkFlight(Vectors.read("captured_from_c.json").required("server_flight"));
        checkFlight(Vectors.read("captured_from_c.json").required("server_flight_reversed"));
    }

    private void checkFlight(JsonNode vector)
    {
        byte[] flight = bytes(vector, "flight");
        byte[] random = Arrays.copyOfRange(flight, 11, 43);
        Arrays.fill(flight, 11, 43, (byte)0);
        hmac.init(bytes(vector, "secret"));
        hmac.update(bytes(vector, "client_hello"), 11, 32);
        hmac.update(flight, 0, flight.length);
        assertArrayEquals(random, result());
    }

    private static int littleEndianInt(byte[] bytes, int offset)
    {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(offset);
    }

    private byte[] result()
    {
        byte[] out = new byte[Hmac.LENGTH + 3];
        hmac.doFinal(out, 3);
        return Arrays.copyOfRange(out, 3, out.length);
    }
}
