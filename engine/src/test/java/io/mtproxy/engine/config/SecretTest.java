// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** [P-OBF-03] What a secret is, and that it does not show. */
class SecretTest
{
    private static final String DIGITS = "00112233445566778899aabbccddeeff";

    @Test
    void shouldReadDigitsOfEitherCase()
    {
        assertArrayEquals(HexFormat.of().parseHex(DIGITS), bytesOf(Secret.parse(DIGITS)));
        assertEquals(Secret.parse(DIGITS), Secret.parse(DIGITS.toUpperCase(Locale.ROOT)));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "0", "00112233445566778899aabbccddeef", "00112233445566778899aabbccddeeff0",
        "dd00112233445566778899aabbccddeeff", "ee00112233445566778899aabbccddeeff6d782e6f7267",
        "00112233445566778899aabbccddeeff,00112233445566778899aabbccddeeff",
        " 0112233445566778899aabbccddeeff", "0x112233445566778899aabbccddeeff", "+0112233445566778899aabbccddeeff",
        "g0112233445566778899aabbccddeeff", "00112233445566778899aabbccddeef@", "00112233445566778899aabbccddeef`",
        "\u0660\u06600112233445566778899aabbccddee\uff41"})
    void shouldRefuseAnythingButThirtyTwoDigitsWithoutRepeatingThem(String text)
    {
        String message = assertThrows(IllegalArgumentException.class, () -> Secret.parse(text)).getMessage();

        assertTrue(message.contains("exactly 32 hexadecimal digits"), message);
        assertFalse(message.contains("1122"), message);
    }

    @Test
    void shouldAdviseWhoGivesTheFormOfLinks()
    {
        String message = assertThrows(IllegalArgumentException.class, () -> Secret.parse("DD" + DIGITS)).getMessage();

        assertTrue(message.contains("34 characters") && message.contains("leave out the dd or ee"), message);
    }

    @Test
    void shouldNameThePlaceOfAWrongDigit()
    {
        String message = assertThrows(IllegalArgumentException.class,
            () -> Secret.parse("001122334455667788z9aabbccddeeff")).getMessage();

        assertTrue(message.contains("character 19 "), message);
    }

    @Test
    void shouldBeEqualByItsBytesAndDifferInAnyOfThem()
    {
        Secret secret = Secret.parse(DIGITS);
        assertEquals(secret, Secret.of(bytesOf(secret), 0));
        assertEquals(secret.hashCode(), Secret.parse(DIGITS).hashCode());

        for (int bit = 0; bit < Secret.LENGTH * Byte.SIZE; bit++)
        {
            byte[] changed = bytesOf(secret);
            changed[bit / Byte.SIZE] ^= (byte)(1 << bit % Byte.SIZE);
            assertNotEquals(secret, Secret.of(changed, 0));
        }
    }

    @Test
    void shouldCopyOutOfAndIntoTheMiddleOfAnArray()
    {
        byte[] array = new byte[Secret.LENGTH + 4];
        array[2] = 7;
        array[Secret.LENGTH + 1] = 9;
        Secret secret = Secret.of(array, 2);
        array[2] = 0;

        byte[] out = new byte[Secret.LENGTH + 2];
        secret.copyTo(out, 1);
        assertEquals(7, out[1]);
        assertEquals(9, out[Secret.LENGTH]);
        assertEquals(0, out[Secret.LENGTH + 1]);
    }

    @Test
    void shouldShowNothing()
    {
        assertEquals("Secret{****}", Secret.parse(DIGITS).toString());
        assertEquals("SecretList{count=1}", SecretList.of(List.of(Secret.parse(DIGITS))).toString());
    }

    @Test
    void shouldZeroAllSecretsOnClose()
    {
        Secret first = Secret.parse(DIGITS);
        Secret second = Secret.parse(DIGITS);
        SecretList.of(List.of(first, second)).close();

        assertArrayEquals(new byte[Secret.LENGTH], bytesOf(first));
        assertArrayEquals(new byte[Secret.LENGTH], bytesOf(second));
    }

    @Test
    void shouldHoldUpTo128SecretsInTheirOrder()
    {
        List<Secret> secrets = new ArrayList<>();
        for (int i = 0; i < 128; i++)
        {
            secrets.add(secret(i));
        }

        SecretList list = SecretList.of(secrets);
        assertEquals(128, list.size());
        for (int i = 0; i < 128; i++)
        {
            assertEquals(secret(i), list.get(i));
        }
        assertEquals(0, SecretList.empty().size());

        secrets.add(secret(128));
        String message = assertThrows(IllegalArgumentException.class, () -> SecretList.of(secrets)).getMessage();
        assertTrue(message.contains("129") && message.contains("128"), message);
    }

    private static Secret secret(int number)
    {
        byte[] bytes = new byte[Secret.LENGTH];
        bytes[3] = (byte)number;
        bytes[9] = (byte)(number >> Byte.SIZE | 1);
        return Secret.of(bytes, 0);
    }

    private static byte[] bytesOf(Secret secret)
    {
        byte[] bytes = new byte[Secret.LENGTH];
        secret.copyTo(bytes, 0);
        return bytes;
    }
}
