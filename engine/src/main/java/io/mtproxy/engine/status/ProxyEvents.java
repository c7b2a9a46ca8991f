// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * What happens, for the JVM's flight recorder: {@code docs/flight-recorder.md}. Nothing of it is per packet. As long as no
 * recording was ever started in this process, each call is the read of one flag and makes no object.
 */
public final class ProxyEvents
{
    private static final String PRODUCT = "MTProto proxy";
    private static final String NONE = "";

    private ProxyEvents()
    {
    }

    /** A client's handshake is done. */
    public static void handshake(int dcId, long durationNs)
    {
        if (FlightRecorder.isInitialized())
        {
            HandshakeEvent event = new HandshakeEvent();
            if (event.shouldCommit())
            {
                event.dcId = dcId;
                event.handshakeTime = durationNs;
                event.commit();
            }
        }
    }

    /** A client's connection has ended; numbers are 0 for one that never had its handshake. */
    public static void closed(String reason, long ageNs, long bytesToDatacenter, long bytesToClient)
    {
        if (FlightRecorder.isInitialized())
        {
            CloseEvent event = new CloseEvent();
            if (event.shouldCommit())
            {
                event.reason = reason;
                event.age = ageNs;
                event.bytesToDatacenter = bytesToDatacenter;
                event.bytesToClient = bytesToClient;
                event.commit();
            }
        }
    }

    /** A link is in another phase. */
    public static void link(String stage, Object server, int linkIndex)
    {
        if (FlightRecorder.isInitialized())
        {
            LinkEvent event = new LinkEvent();
            if (event.shouldCommit())
            {
                event.stage = stage;
                event.server = String.valueOf(server);
                event.linkIndex = linkIndex;
                event.commit();
            }
        }
    }

    /** A link has ended. */
    public static void linkClosed(String reason, Object server, int linkIndex)
    {
        if (FlightRecorder.isInitialized())
        {
            LinkCloseEvent event = new LinkCloseEvent();
            if (event.shouldCommit())
            {
                event.reason = reason;
                event.server = String.valueOf(server);
                event.linkIndex = linkIndex;
                event.commit();
            }
        }
    }

    /** A reload has ended. */
    public static void reload(boolean isApplied, int servers, int secrets)
    {
        if (FlightRecorder.isInitialized())
        {
            ReloadEvent event = new ReloadEvent();
            if (event.shouldCommit())
            {
                event.isApplied = isApplied;
                event.servers = servers;
                event.secrets = secrets;
                event.commit();
            }
        }
    }

    /** Data stands still. */
    public static void stall(String leg, int dcId, long durationNs, long waitingBytes)
    {
        if (FlightRecorder.isInitialized())
        {
            StallEvent event = new StallEvent();
            if (event.shouldCommit())
            {
                event.leg = leg;
                event.dcId = dcId;
                event.stalledFor = durationNs;
                event.waitingBytes = waitingBytes;
                event.commit();
            }
        }
    }

    /** An agent's turn was longer than its threshold. */
    public static void slowTurn(String agent, long durationNs)
    {
        if (FlightRecorder.isInitialized())
        {
            SlowTurnEvent event = new SlowTurnEvent();
            if (event.shouldCommit())
            {
                event.agent = agent;
                event.length = durationNs;
                event.commit();
            }
        }
    }

    @Name("io.mtproxy.Handshake")
    @Label("Client handshake")
    @Category(PRODUCT)
    @StackTrace(false)
    static final class HandshakeEvent extends Event
    {
        @Label("DC") int dcId;
        @Label("From accept")
        @Timespan(Timespan.NANOSECONDS) long handshakeTime;
    }

    @Name("io.mtproxy.Close")
    @Label("Client closed")
    @Category(PRODUCT)
    @StackTrace(false)
    static final class CloseEvent extends Event
    {
        @Label("Reason") String reason = NONE;
        @Label("Age")
        @Timespan(Timespan.NANOSECONDS) long age;
        @Label("To datacenter")
        @DataAmount long bytesToDatacenter;
        @Label("To client")
        @DataAmount long bytesToClient;
    }

    @Name("io.mtproxy.Link")
    @Label("Link changed")
    @Category(PRODUCT)
    @StackTrace(false)
    static final class LinkEvent extends Event
    {
        @Label("Stage") String stage = NONE;
        @Label("Server") String server = NONE;
        @Label("Link of the server") int linkIndex;
    }

    @Name("io.mtproxy.LinkClose")
    @Label("Link closed")
    @Category(PRODUCT)
    @StackTrace(false)
    static final class LinkCloseEvent extends Event
    {
        @Label("Reason") String reason = NONE;
        @Label("Server") String server = NONE;
        @Label("Link of the server") int linkIndex;
    }

    @Name("io.mtproxy.Reload")
    @Label("Configuration reload")
    @Category(PRODUCT)
    @StackTrace(false)
    static final class ReloadEvent extends Event
    {
        @Label("Applied") boolean isApplied;
        @Label("Servers now") int servers;
        @Label("Client secrets now") int secrets;
    }

    @Name("io.mtproxy.Stall")
    @Label("Data stands still")
    @Description("Where it stopped on its way, for a client that is connected while nothing loads")
    @Category(PRODUCT)
    @StackTrace(false)
    static final class StallEvent extends Event
    {
        @Label("Leg") String leg = NONE;
        @Label("DC") int dcId;
        @Label("For")
        @Timespan(Timespan.NANOSECONDS) long stalledFor;
        @Label("Waiting")
        @DataAmount long waitingBytes;
    }

    @Name("io.mtproxy.SlowTurn")
    @Label("Slow turn")
    @Category(PRODUCT)
    @StackTrace(false)
    static final class SlowTurnEvent extends Event
    {
        @Label("Agent") String agent = NONE;
        @Label("Length")
        @Timespan(Timespan.NANOSECONDS) long length;
    }
}
