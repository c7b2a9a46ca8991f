// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A text that is replaced now and then, and that a reader in another process sees whole or not at all. The writer fills
 * the slot that nobody is sent to and then says that it is the newest; a reader looks again whether it still was.
 *
 * <pre>
 *   0          64                     64 + SLOT_LENGTH
 *   +----------+----------------------+----------------------+
 *   | sequence | texts of even number | texts of odd number  |   padded by zeros
 *   +----------+----------------------+----------------------+
 * </pre>
 */
final class TextSlots
{
    static final int SLOT_LENGTH = 1024;
    static final int LENGTH = 64 + 2 * SLOT_LENGTH;

    private static final int SEQUENCE_OFFSET = 0;
    private static final int SLOTS_OFFSET = 64;
    /** Replacing takes longer than reading, but a reader may be held up. */
    private static final int ATTEMPTS = 1000;

    private final UnsafeBuffer memory;

    TextSlots(UnsafeBuffer memory)
    {
        this.memory = memory;
    }

    /** Replaces the text; for one writer. What is longer than a slot is cut. */
    void write(String text)
    {
        long next = memory.getLong(SEQUENCE_OFFSET) + 1;
        // the number published last goes out before the slot of the one before it is written over
        VarHandle.storeStoreFence();
        byte[] bytes = Arrays.copyOf(text.getBytes(StandardCharsets.UTF_8), SLOT_LENGTH);
        memory.putBytes(slotOffset(next), bytes);
        memory.putLongRelease(SEQUENCE_OFFSET, next);
    }

    /** @return the text, padded by zeros; all zeros before the first one. */
    byte[] read()
    {
        byte[] bytes = new byte[SLOT_LENGTH];
        for (int i = 0; i < ATTEMPTS; i++)
        {
            long sequence = memory.getLongVolatile(SEQUENCE_OFFSET);
            memory.getBytes(slotOffset(sequence), bytes);
            VarHandle.acquireFence();
            if (memory.getLongVolatile(SEQUENCE_OFFSET) == sequence)
            {
                return bytes;
            }
        }
        throw new IllegalStateException("a text is replaced faster than it can be read");
    }

    private static int slotOffset(long sequence)
    {
        return SLOTS_OFFSET + (int)(sequence & 1) * SLOT_LENGTH;
    }
}
