//! The numbers on the page about a token's life are those of the code.

use std::time::Duration;

use wechat_auth::keeper::{Policy, Refresh};

const PAGES: [(&str, &str); 2] = [
    ("s", include_str!("../../en/src/token-life.md")),
    ("秒", include_str!("../../zh/src/token-life.md")),
];

/// In the order of the columns.
const POLICIES: [Policy; 4] = [
    Policy::stable(),
    Policy::classic(),
    Policy::ticket(),
    Policy::user(),
];

#[test]
fn each_kind_of_token_has_the_policy_that_its_column_says() {
    for (unit, page) in PAGES {
        let budgets = POLICIES.map(|policy| policy.budget.per_day.to_string());
        shows(page, &format!("| {} |\n", budgets.join(" | ")));
        let longest = POLICIES.map(|policy| seconds(policy.backoff_max, unit));
        shows(page, &format!("| {} |\n", longest.join(" | ")));
        for policy in POLICIES {
            if let Refresh::Before { window, jitter } = policy.refresh {
                shows(page, &seconds(window, unit));
                shows(page, seconds(jitter, unit).trim_end());
            }
        }
    }
}

#[test]
fn what_all_kinds_have_in_common_is_as_the_page_says() {
    for (unit, page) in PAGES {
        for policy in POLICIES {
            let common = [
                policy.attempt_timeout,
                policy.backoff_first,
                policy.stopped_retry,
                policy.min_spacing,
                policy.patience,
            ];
            let cells = page.split('|').map(str::trim).collect::<Vec<_>>();
            for number in common.map(|number| seconds(number, unit)) {
                let stands_in =
                    |cell: &&str| cell.starts_with(&number) || cell.contains(&format!(" {number}"));
                let shown = cells.iter().any(stands_in);
                assert!(shown, "{number} is on no line of the table");
            }
            assert_eq!(
                policy.budget.reserve,
                policy.budget.per_day / 10,
                "a tenth, says rule 10"
            );
        }
    }
}

#[track_caller]
fn shows(page: &str, text: &str) {
    assert!(
        page.contains(text) || page.replace("± ", "±").contains(text),
        "the page does not show: {text}"
    );
}

fn seconds(duration: Duration, unit: &str) -> String {
    format!("{} {unit}", duration.as_secs())
}
