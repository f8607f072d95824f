//! What a page must be, whoever looks at it.

use fantoccini::key::Key;
use serde_json::Value;
use wechat_auth_emulator::{Effect, Fault};

use crate::chromium::Scripts;
use crate::story::{PHONE, Story};

/// What a page must be for everybody: nothing wider than the screen, a name for each field, and text that
/// stands out from what is behind it, 4.5 to 1.
const FOR_EVERYBODY: &str = r"
    const wrong = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) wrong.push(`${root.scrollWidth} wide on ${root.clientWidth}`);
    for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
        if (!field.labels.length && !field.ariaLabel) wrong.push(`no label: ${field.outerHTML}`);
    for (const button of document.querySelectorAll('button, a, summary'))
        if (!button.textContent.trim()) wrong.push(`no name: ${button.outerHTML}`);
    const luminance = color => {
        const [r, g, b] = color.match(/[\d.]+/g).map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = element => {
        const color = getComputedStyle(element).backgroundColor;
        return /, 0\)$/.test(color) ? behind(element.parentElement) : color;
    };
    for (const element of document.querySelectorAll('main, main *:not(option):not(svg *)')) {
        const says = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        if (!says || !element.checkVisibility()) continue;
        const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) wrong.push(`${contrast.toFixed(1)}: ${element.textContent}`);
    }
    return wrong;
";

#[tokio::test]
async fn every_page_is_for_everybody_and_fits_a_phone() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.fetches_a_token();
    story.asks("/cgi-bin/token?appid=nope");
    story.asks("/connect/oauth2/authorize?appid=nope");
    story.somebody_logs_in();
    story
        .emulator
        .handle()
        .inject(Fault::on("/sns/*", Effect::Cut))
        .unwrap();
    let pages = [
        "/".to_owned(),
        story.link("snsapi_userinfo"),
        story.link("snsapi_login"),
        "/connect/oauth2/authorize".to_owned(),
        "/_emulator/".to_owned(),
        "/_emulator/?secrets=show".to_owned(),
    ];
    for page in pages {
        story.opens(&page).await;
        story
            .script("for (const details of document.querySelectorAll('details')) details.open = true")
            .await;
        assert_eq!(
            story.script(FOR_EVERYBODY).await,
            Value::Array(Vec::new()),
            "{page}"
        );
        // The first thing that the keyboard reaches can be seen to be reached.
        story
            .chromium
            .tab
            .active_element()
            .await
            .unwrap()
            .send_keys(&Key::Tab.to_string())
            .await
            .unwrap();
        let outline = story
            .script("return getComputedStyle(document.activeElement).outlineStyle")
            .await;
        if page != "/connect/oauth2/authorize" {
            assert_eq!(outline, "solid", "{page}");
        }
    }
    story.ends().await;
}
