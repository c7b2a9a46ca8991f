// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.Security;
import javax.crypto.Cipher;
import javax.crypto.ShortBufferException;

/** Access to the JDK's cipher provider, looked up once. */
final class Ciphers
{
    private static final Provider PROVIDER = Security.getProvider("SunJCE");

    private Ciphers()
    {
    }

    static Cipher newCipher(String transformation)
    {
        try
        {
            return Cipher.getInstance(transformation, PROVIDER);
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException("this Java has no " + transformation, e);
        }
    }

    static void update(Cipher cipher, byte[] in, int inOffset, int length, byte[] out, int outOffset)
    {
        try
        {
            int written = cipher.update(in, inOffset, length, out, outOffset);
            assert written == length : "a stream cipher holds nothing back";
        }
        catch (ShortBufferException e)
        {
            throw new IllegalArgumentException(e);
        }
    }
}
