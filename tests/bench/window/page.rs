//! What runs in the page: it acts, and looks by the page's own clock how long the answer takes.

/// How a key is pressed in the list, and how long it takes until something holds in the page.
macro_rules! press {
    () => {
        "const done = arguments[0];
    const list = document.querySelector('[role=listbox]');
    const press = (key, at) => at.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    const until = (holds, act) => {
        const start = performance.now();
        const observer = new MutationObserver(() => {
            if (!holds()) return;
            observer.disconnect();
            done(performance.now() - start);
        });
        observer.observe(list, { attributes: true, childList: true, subtree: true });
        act();
    };
    "
    };
}

/// Acts, and tells after how many milliseconds another list stands there, with its rows or with the words that there
/// are none.
pub fn until_listed(act: &str) -> String {
    format!(
        "const done = arguments[0];
         const before = document.querySelector('[role=listbox], .column .empty');
         const start = performance.now();
         const observer = new MutationObserver(() => {{
             const list = document.querySelector('[role=listbox], .column .empty');
             if (list === null || list === before) return;
             if (list.role === 'listbox' && list.querySelector('[role=option]') === null) return;
             observer.disconnect();
             done(performance.now() - start);
         }});
         observer.observe(document.body, {{ childList: true, subtree: true }});
         {act}"
    )
}

/// Scrolls the list by so many pixels in each frame, and tells the milliseconds between the frames.
pub fn frames(pixels: u32, seconds: u32) -> String {
    format!(
        "const done = arguments[0];
         const list = document.querySelector('[role=listbox]');
         const gaps = [];
         let last = performance.now();
         const end = last + {seconds} * 1000;
         const frame = () => {{
             const now = performance.now();
             gaps.push(now - last);
             last = now;
             list?.scrollBy(0, {pixels});
             if (now < end) requestAnimationFrame(frame);
             else done(gaps.slice(3));
         }};
         requestAnimationFrame(frame);"
    )
}

/// The place in the list of the last row that is drawn.
pub const LAST_DRAWN: &str = "
    return Math.max(...[...document.querySelectorAll('[role=option]')].map((row) => Number(row.ariaPosInSet)));";

/// Clicks on a row that is not open, and tells after how many milliseconds its message stands beside the list.
pub const OPENED: &str = "
    const done = arguments[0];
    const row = [...document.querySelectorAll('[role=option]:not(.open)')][3];
    const title = row.querySelector('.title').textContent.trim();
    const start = performance.now();
    const look = () => {
        const shown = document.querySelector('article h2')?.textContent.trim();
        if (shown === title) done(performance.now() - start);
        else if (performance.now() - start > 10000) done(10000);
        else setTimeout(look, 1);
    };
    row.click();
    look();";

/// Goes to another row by key, marks it read or unread by key, and tells after how many milliseconds the row shows it.
pub const MARKED: &str = concat!(
    press!(),
    "list.focus();
    press('ArrowDown', list);
    requestAnimationFrame(() => {
        const at = list.getAttribute('aria-activedescendant');
        const isUnread = () => document.getElementById(at).classList.contains('unread');
        const before = isUnread();
        until(() => isUnread() !== before, () => press('u', list));
    });"
);

/// Archives the row at the keyboard's place by key, and tells after how many milliseconds it is gone.
pub const PUT_AWAY: &str = concat!(
    press!(),
    "list.focus();
    const at = list.getAttribute('aria-activedescendant');
    until(() => document.getElementById(at) === null, () => press('e', list));"
);

/// Takes the last act back by key, and tells after how many milliseconds there is a row more.
pub const TAKEN_BACK: &str = concat!(
    press!(),
    "const size = () => Number(list.querySelector('[role=option]').ariaSetSize);
    const before = size();
    until(() => size() > before, () => press('z', list));"
);

/// Looks every 10 ms how late it is: as long the page could do nothing else.
pub const WATCH_STANDSTILLS: &str = "
    window.__late = 0;
    let last = performance.now();
    setInterval(() => {
        const now = performance.now();
        window.__late = Math.max(window.__late, now - last - 10);
        last = now;
    }, 10);";

/// How many messages the inbox has, as the page is told.
pub const TOTAL: &str = "
    const done = arguments[0];
    window.__TAURI_INTERNALS__.invoke('view').then((view) => done(view.inbox.total));";

/// When something was painted for the first time, in milliseconds since 1970; nothing until then.
pub const FIRST_PAINT: &str = "
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    return paint === undefined ? null : performance.timeOrigin + paint.startTime;";

/// When the page was loaded with everything that it needs, in milliseconds since 1970.
pub const LOADED: &str = "
    const [page] = performance.getEntriesByType('navigation');
    return performance.timeOrigin + page.loadEventEnd;";
