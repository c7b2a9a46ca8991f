// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

/**
 * Numbers of a {@link DatacenterServer} at one moment.
 *
 * @param linksOpen      RPC connections now.
 * @param linksReady     of them, those whose handshake is through.
 * @param linksAccepted  since the start.
 * @param requests       RPC_PROXY_REQ received.
 * @param requestBytes   their payloads.
 * @param answers        RPC_PROXY_ANS sent.
 * @param answerBytes    their data.
 * @param quickAcks      RPC_SIMPLE_ACK sent.
 * @param closes         RPC_CLOSE_CONN received.
 * @param mismatches     load payloads that arrived changed.
 * @param violations     breaches of the protocol by the proxy.
 * @param keysAgreed     MTPROTO: auth keys.
 */
public record DatacenterSnapshot(
    int linksOpen, int linksReady, long linksAccepted, long requests, long requestBytes, long answers,
    long answerBytes, long quickAcks, long closes, long mismatches, long violations, long keysAgreed)
{
}
