//! What stays of other servers' HTML.

use super::*;

#[test]
fn what_was_made_to_be_hard_is_not() {
    let each = |start: &str, end: &str, times: usize| -> String {
        (0..times).map(|n| format!("{start}{n}{end}")).collect()
    };
    // Each paragraph would open all of them again.
    let multiplied = format!("<p>{}</p>{}", each("<b lang=x", ">", 2000), "<p>x</p>".repeat(2000));
    assert!(sanitize(&multiplied).len() < 1_000_000);
    let deep = sanitize(&"<blockquote>".repeat(16_000));
    assert_eq!(deep.matches("<blockquote>").count(), MAX_OPEN);
}

#[test]
fn long_lists_without_end_tags_stay_whole() {
    let html = format!("<ul>{}</ul>{}", "<li>a<p>b".repeat(300), "<p>c".repeat(300));
    let shown = sanitize(&html);
    assert_eq!(shown.matches("<li>").count(), 300);
    assert_eq!(shown.matches("<p>").count(), 600);
}

#[test]
fn what_is_shown_and_how() {
    let link = |inner: &str| {
        format!(r#"<a href="https://x.test/" rel="nofollow noopener" target="_blank">{inner}</a>"#)
    };
    let cases = [
        ("<p>a <b>b</b><br>c</p>", "<p>a <b>b</b><br>c</p>".to_owned()),
        ("a & b < c", "a &amp; b &lt; c".into()),
        ("<h2>Title</h2><p>x</p>", "<p><strong>Title</strong></p><p>x</p>".into()),
        ("<div>one</div><div>two</div>", " one  two ".into()),
        ("<table><tr><td>x</td></tr></table>", "x".into()),
        ("<script>alert(1)</script>x<style>p{}</style>", "x".into()),
        ("<svg><p>in</p></svg>out", "out".into()),
        ("<iframe src=x>y</iframe>z", "z".into()),
        ("<img src=x onerror=alert(1)>text", "text".into()),
        ("<!-- hidden -->seen", "seen".into()),
        (r#"<a href="https://x.test/">y</a>"#, link("y")),
        (r#"<a href="https://x.test/" target="_top" onclick="x()">y</a>"#, link("y")),
        (
            r#"<a rel="tag" class="mention hashtag big" href="https://x.test/">#<span>x</span></a>"#,
            concat!(
                r#"<a rel="nofollow noopener" class="mention hashtag" href="https://x.test/" "#,
                r##"target="_blank">#<span>x</span></a>"##
            )
            .into(),
        ),
        (r#"<a href="javascript:alert(1)">a <b>b</b></a> c"#, "a b c".into()),
        (r#"<a href="/relative">a</a>"#, "a".into()),
        (r#"<a href=" JaVaScRiPt:x">a</a>"#, "a".into()),
        ("<a name=x>a</a>", "a".into()),
        (
            r#"<a href="gemini://x.test/">g</a>"#,
            r#"<a href="gemini://x.test/" rel="nofollow noopener" target="_blank">g</a>"#.into(),
        ),
        (
            r#"<span class="h-card evil u-url">x</span>"#,
            r#"<span class="h-card u-url">x</span>"#.into(),
        ),
        (r#"<span class="evil">x</span>"#, r#"<span class="">x</span>"#.into()),
        (r#"<span translate="no">x</span>"#, r#"<span translate="no">x</span>"#.into()),
        (r#"<span translate="yes">x</span>"#, "<span>x</span>".into()),
        (
            r#"<p lang="de" class="quote-inline" id="x">x</p>"#,
            r#"<p lang="de" class="quote-inline">x</p>"#.into(),
        ),
        (
            r#"<ol start="3" reversed=""><li value="2">x</li></ol>"#,
            r#"<ol start="3" reversed=""><li value="2">x</li></ol>"#.into(),
        ),
        (r#"<ul class="x"><li>x</li></ul>"#, "<ul><li>x</li></ul>".into()),
        (
            "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
            "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>".into(),
        ),
        (
            r#"<math><semantics><mi>x</mi><annotation encoding="application/x-tex">x^2 < 3</annotation></semantics></math>!"#,
            "$x^2 &lt; 3$!".into(),
        ),
        (
            r#"<math display="block"><semantics><mi>x</mi><annotation encoding="application/x-tex">x</annotation></semantics></math>"#,
            "$$x$$".into(),
        ),
        (
            r#"<math><semantics><mi>x</mi><annotation encoding="text/plain">ex</annotation></semantics></math>"#,
            "ex".into(),
        ),
        ("<math><mi>x</mi></math>y", "y".into()),
    ];
    for (given, expected) in cases {
        assert_eq!(sanitize(given), expected, "{given}");
    }
}

#[test]
fn nothing_that_runs_gets_through() {
    let cases = [
        "<p onclick=alert(1)>x",
        "<a href=\"jav\tascript:alert(1)\">x</a>",
        "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
        "<svg><style><a title=\"</style><img src onerror=alert(1)>\">",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<span style=\"background:url(javascript:x)\">x</span>",
        "<plaintext><img src=x onerror=alert(1)>",
        "<textarea><img src=x onerror=alert(1)></textarea>",
    ];
    for case in cases {
        let shown = sanitize(case);
        for sign in
            ["<img", "<script", "<svg", "<style", "<math", "onclick=", "style=", "javascript:x"]
        {
            assert!(!shown.contains(sign), "{case} gave {shown}");
        }
        assert!(!shown.contains("href=\"j") && !shown.contains("href=\"data"), "{shown}");
    }
}

#[test]
fn sanitising_twice_changes_nothing_more() {
    let html =
        r#"<h1>a</h1><p>x <a href="https://x.test/?a=1&amp;b=2" class="u-url x">y</a> &amp; z</p>"#;
    assert_eq!(sanitize(&sanitize(html)), sanitize(html));
}

#[test]
fn plain_text_keeps_line_ends_and_drops_the_rest() {
    let cases = [
        ("<p>one</p><p>two<br>three</p>", "one\ntwo\nthree"),
        ("<p>a</p>", "a"),
        ("a<br /><br />b", "a\nb"),
        ("x &amp; y &lt;z&gt;", "x & y <z>"),
        ("<script>no</script>yes<style>no</style>", "yes"),
        ("no html at all", "no html at all"),
    ];
    for (given, expected) in cases {
        assert_eq!(to_plain(given), expected, "{given}");
    }
}
