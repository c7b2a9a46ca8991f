// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Constants that follow from others. */
class TlTest
{
    /** A constructor id is the CRC-32 of its definition. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "05162463|resPQ nonce:int128 server_nonce:int128 pq:string server_public_key_fingerprints:Vector long = ResPQ",
        "d0e8075c|server_DH_params_ok nonce:int128 server_nonce:int128 encrypted_answer:string = Server_DH_Params",
        "3bcbf734|dh_gen_ok nonce:int128 server_nonce:int128 new_nonce_hash1:int128 = Set_client_DH_params_answer",
        "9ec20908|new_session_created first_msg_id:long unique_id:long server_salt:long = NewSession",
        "ae500895|future_salts req_msg_id:long now:int salts:vector future_salt = FutureSalts",
        "8e1a1775|nearestDc country:string this_dc:int nearest_dc:int = NearestDc",
        "c4f9186b|help.getConfig = Config",
        "bc799737|boolFalse = Bool"
    })
    void shouldHaveIdsOfDefinitions(String id, String definition)
    {
        CRC32 crc = new CRC32();
        crc.update(definition.getBytes(StandardCharsets.US_ASCII));

        assertEquals(Long.parseLong(id, 16), crc.getValue());
    }

    @Test
    void shouldOfferSafePrime()
    {
        BigInteger prime = AuthKeyExchange.DH_PRIME;

        assertEquals(2048, prime.bitLength());
        assertTrue(prime.isProbablePrime(20));
        assertTrue(prime.shiftRight(1).isProbablePrime(20));
        assertEquals(2, prime.mod(BigInteger.valueOf(AuthKeyExchange.DH_GENERATOR)).intValue());
    }

    @Test
    void shouldReadAndWriteStrings() throws Exception
    {
        for (int length : new int[]{0, 1, 2, 3, 4, 253, 254, 255, 256, 70_000})
        {
            ByteBuilder out = new ByteBuilder();
            Tl.putBytes(out, new byte[length]);
            TlReader reader = new TlReader(out.toByteArray());

            assertEquals(0, out.length() % 4);
            assertEquals(length, reader.readBytes().length);
            assertEquals(0, reader.remaining());
        }
    }

    @Test
    void shouldHavePublicKeyOfPrivateKey()
    {
        TestRsaKey key = new TestRsaKey();

        assertEquals(2048, key.modulus().bitLength());
        assertEquals(key.fingerprint(), TestRsaKey.fingerprint(key.modulus(), BigInteger.valueOf(65537)));
        assertTrue(TestRsaKey.publicKeyPem().contains("BEGIN RSA PUBLIC KEY"));
    }
}
