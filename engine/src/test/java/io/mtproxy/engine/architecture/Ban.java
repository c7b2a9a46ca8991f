// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.architecture;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import java.nio.ByteBuffer;
import java.util.function.Predicate;

/**
 * A name that our code does not use, and what it uses instead.
 *
 * @param name    as the message shows it.
 * @param use     the replacement.
 * @param applies to the classes in which the name is banned.
 * @param type    of what is used.
 * @param member  of that type; any access to it for the whole type.
 */
record Ban(String name, String use, Predicate<JavaClass> applies, Predicate<String> type,
    Predicate<AccessTarget> member)
{
    boolean matches(JavaAccess<?> access)
    {
        return applies.test(access.getOriginOwner()) &&
            type.test(access.getTargetOwner().getName()) &&
            member.test(access.getTarget());
    }

    /** Bans one method or field. */
    static Ban member(String type, String member, String use, Predicate<JavaClass> applies)
    {
        String simpleName = type.substring(type.lastIndexOf('.') + 1);
        return new Ban(simpleName + "." + member, use, applies, type::equals,
            target -> target.getName().equals(member));
    }

    /** Bans one method where it is called with byte buffers. */
    static Ban byteBufferMethod(String type, String member, String use, Predicate<JavaClass> applies)
    {
        Ban ban = member(type, member, use, applies);
        return new Ban(ban.name() + "(ByteBuffer, …)", use, applies, ban.type(), ban.member().and(
            target -> target instanceof CodeUnitAccessTarget unit && !unit.getRawParameterTypes().isEmpty() &&
                unit.getRawParameterTypes().getFirst().isEquivalentTo(ByteBuffer.class)));
    }

    /** Bans a type: calls to it and objects of it. */
    static Ban type(String type, String use, Predicate<JavaClass> applies)
    {
        return new Ban(type, use, applies, type::equals, _ -> true);
    }

    /** Bans every type of a package and below; what is named so far ends before {@code except}. */
    static Ban prefix(String prefix, String except, String use, Predicate<JavaClass> applies)
    {
        return new Ban(prefix + "…", use, applies, name -> name.startsWith(prefix) && !name.startsWith(except),
            _ -> true);
    }
}
