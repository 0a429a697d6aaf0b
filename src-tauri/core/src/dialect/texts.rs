//! Where the messages of a page stand in its text, so that each can be kept as it came.

/// The texts of the first objects in the list `messages` of a JSON object, in their order, and no more than `most`: a page
/// can hold millions. Of what is no JSON the answer makes
/// no sense: whoever asks has read it already, and compares.
pub(super) fn messages_in(body: &str, most: usize) -> Vec<&str> {
    let mut texts = Vec::new();
    let (mut depth, mut begin, mut is_listed) = (0_usize, None, false);
    let (mut string, mut escaped, mut name) = (None, false, "");
    for (at, byte) in body.bytes().enumerate() {
        if texts.len() == most {
            break;
        }
        if let Some(opened) = string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    string = None;
                    if depth == 1 {
                        name = body.get(opened + 1..at).unwrap_or_default();
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => string = Some(at),
            b'{' | b'[' => {
                if byte == b'[' && depth == 1 {
                    is_listed = name == "messages";
                } else if byte == b'{' && depth == 2 && is_listed {
                    begin = Some(at);
                }
                depth += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 1 {
                    is_listed = false;
                } else if depth == 2 {
                    texts.extend(begin.take().and_then(|begin| body.get(begin..=at)));
                }
            }
            _ => {}
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_of_a_page_is_found_as_it_stands_there() {
        let page = r#"{"cursor":"messages","a":[{"no":1}],"messages" : [{"t":"}]\"{"}, 7, [{"no":1}],
            { "deep":{"x":[{}]} }],"read":["1"],"b":{"messages":[{"no":1}]}}"#;
        assert_eq!(messages_in(page, 1), [r#"{"t":"}]\"{"}"#]);
        assert_eq!(messages_in(page, 9), [r#"{"t":"}]\"{"}"#, r#"{ "deep":{"x":[{}]} }"#]);
        for odd in ["", "{", "]]}", r#"{"messages":[{"#, r#"{"messages":{}}"#, "\"messages"] {
            assert_eq!(messages_in(odd, 9), [] as [&str; 0], "{odd}");
        }
    }
}
