// SPDX-License-Identifier: Apache-2.0

/** Streaming ciphers, digests and check sums over direct memory, on the JDK's intrinsics; knows nothing of MTProto. */
package io.mtproxy.crypto;
