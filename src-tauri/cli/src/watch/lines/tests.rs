use super::*;

fn lines(sources: &[SourceId], count: Option<u64>) -> Lines {
    Lines {
        names: sources.iter().map(|source| (*source, "社区".to_owned())).collect(),
        new_name: Box::new(|_| None),
        language: Language::English,
        format: Format::Json,
        wanted: count,
        stopped: BTreeMap::new(),
        reached: false,
        last_reason: String::new(),
    }
}

fn state(source: SourceId, state: LinkState, reason: Option<Reason>) -> Observation {
    let link = LinkView { state, reason, since: Timestamp(0), attempt: 2, retry_at: None };
    Observation::State { source, link }
}

fn json(line: &Line<'_>) -> String {
    serde_json::to_string(line).unwrap()
}

#[test]
fn lines_have_the_names_and_the_order_of_the_contract() {
    let state = Line::State {
        source: "社区",
        state: LinkState::Waiting,
        attempt: 2,
        reason: Some(Reason::TimedOut),
        text: "The server did not answer in time.",
        retry_in_ms: 1500,
    };
    assert_eq!(
        json(&state),
        r#"{"event":"state","source":"社区","state":"waiting","attempt":2,"reason":"timed_out","text":"The server did not answer in time.","retry_in_ms":1500}"#
    );
    let message = Line::Message {
        source: "社区",
        id: MessageId(42),
        kind: &MessageKind::Reply,
        title: "T",
        body: "B",
        link: Some("https://example.org/post/7"),
        unread: 3,
        via: Via::Live,
    };
    assert_eq!(
        json(&message),
        r#"{"event":"message","source":"社区","id":"42","kind":"reply","title":"T","body":"B","link":"https://example.org/post/7","unread":3,"via":"live"}"#
    );
    let popup = Line::Popup { title: "New reply", body: "T", ids: &[MessageId(42)] };
    assert_eq!(json(&popup), r#"{"event":"popup","title":"New reply","body":"T","ids":["42"]}"#);
    let gap = Line::Gap { source: "社区", reason: "expired", from: Some(Timestamp(0)), until: None };
    assert_eq!(
        json(&gap),
        r#"{"event":"gap","source":"社区","reason":"expired","from":"1970-01-01T00:00:00.000Z","until":null}"#
    );
}

#[test]
fn a_refused_token_ends_it_at_once_even_where_another_source_lives() {
    let [a, b] = [SourceId::random(), SourceId::random()];
    let mut lines = lines(&[a, b], None);
    assert!(lines.end_by(&state(b, LinkState::Live, None)).is_none());
    let end = lines.end_by(&state(a, LinkState::Stopped, Some(Reason::Rejected)));
    assert!(matches!(end, Some(End::Refused(_))));
}

#[test]
fn a_source_that_comes_up_meanwhile_has_its_name() {
    let [new, gone] = [SourceId::random(), SourceId::random()];
    let mut lines = lines(&[], None);
    lines.new_name = Box::new(move |source| (source == new).then(|| "新来源".to_owned()));
    for source in [new, gone] {
        lines.meet(source);
    }
    assert_eq!((lines.name(new).as_ref(), lines.name(gone).into_owned()), ("新来源", gone.to_string()));
}

#[test]
fn it_ends_when_no_source_will_do_anything_any_more() {
    let [a, b] = [SourceId::random(), SourceId::random()];
    let mut lines = lines(&[a, b], None);
    assert!(lines.end_by(&state(a, LinkState::Stopped, Some(Reason::Gone))).is_none());
    assert!(lines.end_by(&state(a, LinkState::Opening, None)).is_none());
    assert!(lines.end_by(&state(b, LinkState::Stopped, Some(Reason::SignedOut))).is_none());
    assert!(lines.end_by(&state(b, LinkState::Stopped, Some(Reason::Ended))).is_none());
    let end = lines.end_by(&state(a, LinkState::Stopped, Some(Reason::Gone)));
    assert!(matches!(end, Some(End::Stopped(words)) if words.contains("at this address")));
    assert!(!lines.reached);
}

#[test]
fn a_server_is_reached_by_a_live_stream_or_an_answered_poll() {
    let reached = |state, reason| {
        is_reached(&LinkView { state, reason, since: Timestamp(0), attempt: 0, retry_at: None })
    };
    assert!(reached(LinkState::Live, Some(Reason::Unheard)));
    assert!(reached(LinkState::Polling, Some(Reason::AttemptsSpent)));
    assert!(!reached(LinkState::Polling, Some(Reason::Unreachable)));
    assert!(!reached(LinkState::Waiting, Some(Reason::Rotated)));
}
