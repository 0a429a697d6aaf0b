//! Text as a popup can show it: without control characters, short, and escaped where that is asked for.

use belfry_core::plain;

/// The longest first line, in characters.
const MAX_SUMMARY_CHARS: usize = 120;

/// The longest body, in characters.
const MAX_BODY_CHARS: usize = 500;

/// A popup's first line.
pub(super) fn summary(text: &str) -> String {
    plain::one_line(text, MAX_SUMMARY_CHARS)
}

/// A popup's text, which may have several lines.
pub(super) fn body(text: &str) -> String {
    plain::lines(text, MAX_BODY_CHARS)
}

/// The text for a daemon that takes `& < >` for markup (Desktop Notifications Specification, "Markup").
#[cfg(target_os = "linux")]
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_one_line_without_control_characters() {
        assert_eq!(summary("a\nb\tc\u{7}d\u{1b}[1m\0"), "a b cd[1m");
        assert_eq!(summary("新回复通知 · 站点"), "新回复通知 · 站点");
    }

    #[test]
    fn a_body_keeps_its_lines() {
        assert_eq!(body("title\r\nfirst\tline\u{85}"), "title\nfirst line");
    }

    #[test]
    fn text_cannot_turn_the_direction_of_its_surroundings() {
        assert_eq!(body("\u{202E}gpj.exe\u{2066}"), "gpj.exe");
        assert_eq!(body("שלום"), "שלום");
    }

    #[test]
    fn long_text_is_cut_between_characters_and_marked() {
        let exact = "新".repeat(MAX_BODY_CHARS);
        assert_eq!(body(&exact), exact);
        assert_eq!(body(&format!("{exact}x")), format!("{}…", "新".repeat(MAX_BODY_CHARS - 1)));
        assert_eq!(summary(&"x".repeat(9999)).chars().count(), MAX_SUMMARY_CHARS);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn markup_is_escaped_once() {
        assert_eq!(escaped("<b>a & b</b> &amp;"), "&lt;b&gt;a &amp; b&lt;/b&gt; &amp;amp;");
    }
}
