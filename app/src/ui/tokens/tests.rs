use super::*;

/// Converts a colour to linear sRGB in 0..1.
fn linear(colour: Color32) -> [f64; 3] {
    [colour.r(), colour.g(), colour.b()].map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    })
}

fn times(matrix: [[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| (row[0] * v[0] + row[1] * v[1] + row[2] * v[2]).clamp(0.0, 1.0))
}

/// Converts linear sRGB to CIELAB under D65.
fn lab(rgb: [f64; 3]) -> [f64; 3] {
    let xyz = [
        (0.4124 * rgb[0] + 0.3576 * rgb[1] + 0.1805 * rgb[2]) / 0.9505,
        0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2],
        (0.0193 * rgb[0] + 0.1192 * rgb[1] + 0.9505 * rgb[2]) / 1.089,
    ]
    .map(|t| {
        if t > 0.008_856 {
            t.cbrt()
        } else {
            7.787 * t + 16.0 / 116.0
        }
    });
    [
        116.0 * xyz[1] - 16.0,
        500.0 * (xyz[0] - xyz[1]),
        200.0 * (xyz[1] - xyz[2]),
    ]
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

/// Colour vision deficiencies: Machado, Oliveira, Fernandes (2009), severity 1.
const EYES: [[[f64; 3]; 3]; 3] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ],
    [
        [0.367_322, 0.860_646, -0.227_968],
        [0.280_085, 0.672_501, 0.047_413],
        [-0.011_820, 0.042_940, 0.968_881],
    ],
];

#[test]
fn neighbouring_connections_differ_for_colour_blind_users() {
    for palette in [&LIGHT, &DARK] {
        for number in 1..=LANES as u16 {
            let pair = [palette.lane(number), palette.lane(number + 1)];
            for eye in EYES {
                let [a, b] = pair.map(|colour| lab(times(eye, linear(colour))));
                assert!(distance(a, b) >= 20.0, "{number}: {:.0}", distance(a, b));
            }
            let [a, b] = pair.map(|colour| lab(linear(colour))[0]);
            assert!((a - b).abs() >= 20.0, "{number}: {a:.0} and {b:.0}");
        }
    }
}

#[test]
fn text_has_sufficient_contrast() {
    let luminance = |colour| {
        let [r, g, b] = linear(colour);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let contrast = |a, b| {
        let (a, b): (f64, f64) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    };
    for p in [&LIGHT, &DARK] {
        for (text, behind) in [
            (p.text, p.surface),
            (p.weak, p.surface),
            (p.weak, p.canvas),
            (p.weak, p.rail),
            (p.text, p.field),
            (p.weak, p.field),
            (p.text, p.chosen),
            (p.on_accent, p.accent),
            (p.on_accent, p.accent_hover),
            (p.accent, p.surface),
            (p.good, p.surface),
            (p.warn, p.surface),
            (p.bad, p.surface),
            (p.predicted, p.surface),
            (p.text, p.bad_surface),
            (p.bad, p.bad_surface),
            (p.text, p.note_surface),
        ] {
            let ratio = contrast(text, behind);
            assert!(ratio >= 4.5, "{text:?} on {behind:?}: {ratio:.1}");
        }
    }
}
