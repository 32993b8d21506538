//! The report as one HTML file: no script, nothing loaded, light and dark, readable on a phone and on paper.

use super::{Measure, Report, charts, tables};

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5a6472;--line:#d8dde4;--paper:#fff;--accent:#1f5fa8;
--s0:#8b8f96;--s1:#b2472f;--s2:#e0946a;--s3:#e9d8a6;--s4:#7fb3c8;--s5:#2a6f97}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#a5aebb;--line:#3a424e;--paper:#14181e;--accent:#7db4f0}}
body{font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:68rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;line-height:1.25;margin-bottom:.4rem}h2{font-size:1.2rem;margin-top:2.4rem}
p.note{color:var(--soft);max-width:56rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{padding:.35rem .7rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td{white-space:nowrap}thead th{border-bottom:2px solid var(--ink)}tbody th{font-weight:600}
figure{margin:1rem 0}figcaption{color:var(--soft);font-size:.92rem}svg{width:100%;max-width:43rem;height:auto}
svg text{font:13px system-ui,sans-serif;fill:var(--ink)}.name{text-anchor:end}.tick{text-anchor:middle;fill:var(--soft)}
.grid{stroke:var(--line)}.interval{stroke:var(--accent);stroke-width:3;stroke-linecap:round}.dot{fill:var(--accent)}
.s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}.s4{fill:var(--s4)}.s5{fill:var(--s5)}
svg .on0,svg .on1,svg .on2,svg .on3,svg .on4,svg .on5{text-anchor:middle;fill:#14181e}svg .on1,svg .on5{fill:#fff}
@media(max-width:40rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}svg text{font-size:18px}}
@media print{body{max-width:none;margin:0}h2{break-after:avoid}figure,tr{break-inside:avoid}}
";

pub(super) fn render(report: &Report) -> String {
    let mut body = format!("<h1>{}</h1>\n<dl>", escape(&report.study));
    for (name, value) in tables::facts(report) {
        body += &format!("<dt>{name}</dt><dd>{}</dd>", escape(&value));
    }
    body += "</dl>\n";
    for table in tables::all(report) {
        body += &format!("<section><h2>{}</h2>\n<p class=\"note\">{}</p>\n", table.title, escape(&table.note));
        body += &figures(report, table.title);
        body += "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"";
        body += &format!("{}\"><table><thead><tr>", table.title);
        for cell in &table.header {
            body += &format!("<th scope=\"col\">{}</th>", escape(cell));
        }
        body += "</tr></thead><tbody>";
        for row in &table.rows {
            let mut cells = row.iter().map(|cell| escape(cell));
            let first = cells.next().unwrap_or_default();
            let rest: String = cells.map(|cell| format!("<td>{cell}</td>")).collect();
            body += &format!("<tr><th scope=\"row\">{first}</th>{rest}</tr>\n");
        }
        body += "</tbody></table></div></section>\n";
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{}</title><style>{STYLE}</style></head>\n<body>\n<main>\n{body}</main>\n</body></html>\n",
        escape(&report.study)
    )
}

fn figures(report: &Report, title: &str) -> String {
    let figure = |caption: &str, chart: String| format!("<figure><figcaption>{caption}</figcaption>{chart}</figure>\n");
    match title {
        "Scores" => [Measure::Sensibleness, Measure::SpecificityZeroCounted, Measure::Average]
            .map(|measure| figure(measure.name(), charts::means(report, measure)))
            .concat(),
        "Histograms" => {
            let sensibleness = charts::histograms(report, "Sensibleness", |index| report.systems[index].sensibleness);
            let specificity = charts::histograms(report, "Specificity", |index| report.systems[index].specificity);
            figure("Sensibleness, 1 to 5", sensibleness) + &figure("Specificity, 0 (too noisy) to 5", specificity)
        }
        _ => String::new(),
    }
}

/// Text that is only text, in elements and attributes.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
