//! Names in Content-Disposition: data from strangers. Every scenario also checks that there is one
//! file, in its folder, under a name that harms nobody.

use crate::scenario::{Act, Scenario};

pub fn scenarios() -> Vec<Scenario> {
    let named = |name, value| {
        Scenario::new(name)
            .len(50_000)
            .always([Act::Set("Content-Disposition", value)])
    };
    vec![
        named("name in quotes", "attachment; filename=\"report (1).bin\"")
            .saved_as("report (1).bin"),
        named("name without quotes", "attachment; filename=report.bin").saved_as("report.bin"),
        named(
            "name in UTF-8",
            "attachment; filename=\"x.bin\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.bin",
        )
        .saved_as("naïve €.bin"),
        named(
            "name with escaped quotes",
            r#"attachment; filename="a \"quoted\" name.bin""#,
        ),
        named(
            "name that climbs",
            "attachment; filename=\"../../../evil.bin\"",
        ),
        named(
            "name that climbs by escapes",
            "attachment; filename*=UTF-8''..%2F..%2Fevil.bin",
        ),
        named(
            "name that climbs by backslashes",
            r#"attachment; filename="..\..\evil.bin""#,
        ),
        named(
            "name from the root",
            "attachment; filename=\"/etc/cron.d/evil\"",
        ),
        named(
            "name of a drive",
            "attachment; filename=\"C:\\Windows\\evil.exe\"",
        ),
        named("name that hides", "attachment; filename=\".bashrc\""),
        named("name of dots", "attachment; filename=\"..\""),
        named("name of a device", "attachment; filename=\"CON.bin\""),
        named(
            "name with control characters",
            "attachment; filename*=UTF-8''a%00b%0A%1B[31mc.bin",
        ),
        named("empty name", "attachment; filename=\"\""),
        named("name without an end", "attachment; filename=\"file"),
        named(
            "name in a charset that nobody knows",
            "attachment; filename*=banana''x%FF.bin",
        ),
        named(
            "name that is not UTF-8",
            "attachment; filename*=UTF-8''%FF%FE.bin",
        ),
        named("name of 400 bytes", LONG),
    ]
}

const LONG: &str = "attachment; filename=\"0123456789012345678901234567890123456789012345678901234567890123456789\
0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
012345678901234567890123456789.bin\"";
