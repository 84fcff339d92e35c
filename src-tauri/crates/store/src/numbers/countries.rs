//! How each country numbers its lines: country code (ITU-T E.164, list of assigned codes), trunk prefix and international
//! prefix (ITU operational bulletin, dialling procedures). Public facts; where a country has several international
//! prefixes by carrier, the usual ones are here.

/// One country's way.
#[derive(Debug)]
pub(super) struct Country {
    /// ISO 3166-1, two letters.
    iso: &'static str,
    /// Its country code.
    pub(super) code: &'static str,
    /// What is dialled before a number of the country; nothing where numbers are dialled whole.
    pub(super) trunks: &'static [&'static str],
    /// What is dialled before a country code.
    pub(super) international: &'static [&'static str],
    /// Length of every number, where they all have one and the trunk prefix is also a digit of local numbers.
    pub(super) length: Option<usize>,
}

/// Nothing is known.
static UNKNOWN: Country = Country { iso: "", code: "", trunks: &[], international: &["00"], length: None };

/// The trunk prefix is 0, the international one 00, as ITU-T E.164 recommends.
const fn usual(iso: &'static str, code: &'static str) -> Country {
    Country { iso, code, trunks: &["0"], international: &["00"], length: None }
}

/// Numbers are dialled whole.
const fn whole(iso: &'static str, code: &'static str) -> Country {
    Country { iso, code, trunks: &[], international: &["00"], length: None }
}

/// North American numbering: ten digits after the 1, which is the trunk prefix, too.
const fn north_american(iso: &'static str) -> Country {
    Country { iso, code: "1", trunks: &["1"], international: &["011"], length: Some(10) }
}

const fn other(
    iso: &'static str,
    code: &'static str,
    trunks: &'static [&'static str],
    international: &'static [&'static str],
) -> Country {
    Country { iso, code, trunks, international, length: None }
}

/// By their letters.
static COUNTRIES: &[Country] = &[
    whole("ad", "376"),
    usual("ae", "971"),
    usual("af", "93"),
    north_american("ag"),
    north_american("ai"),
    usual("al", "355"),
    usual("am", "374"),
    whole("ao", "244"),
    usual("ar", "54"),
    north_american("as"),
    usual("at", "43"),
    other("au", "61", &["0"], &["0011", "00"]),
    whole("aw", "297"),
    usual("ax", "358"),
    usual("az", "994"),
    usual("ba", "387"),
    north_american("bb"),
    usual("bd", "880"),
    usual("be", "32"),
    whole("bf", "226"),
    usual("bg", "359"),
    whole("bh", "973"),
    whole("bi", "257"),
    whole("bj", "229"),
    usual("bl", "590"),
    north_american("bm"),
    whole("bn", "673"),
    usual("bo", "591"),
    whole("bq", "599"),
    other("br", "55", &["0"], &["0014", "0015", "0021", "0023", "0025", "0031", "0041", "0043", "00"]),
    north_american("bs"),
    whole("bt", "975"),
    whole("bw", "267"),
    other("by", "375", &["80", "8"], &["810", "00"]),
    whole("bz", "501"),
    north_american("ca"),
    other("cc", "61", &["0"], &["0011", "00"]),
    usual("cd", "243"),
    whole("cf", "236"),
    whole("cg", "242"),
    usual("ch", "41"),
    whole("ci", "225"),
    whole("ck", "682"),
    whole("cl", "56"),
    whole("cm", "237"),
    usual("cn", "86"),
    other("co", "57", &[], &["00", "009", "007", "005"]),
    whole("cr", "506"),
    other("cu", "53", &["0"], &["119"]),
    whole("cv", "238"),
    whole("cw", "599"),
    other("cx", "61", &["0"], &["0011", "00"]),
    whole("cy", "357"),
    whole("cz", "420"),
    usual("de", "49"),
    whole("dj", "253"),
    whole("dk", "45"),
    north_american("dm"),
    north_american("do"),
    usual("dz", "213"),
    usual("ec", "593"),
    whole("ee", "372"),
    usual("eg", "20"),
    usual("eh", "212"),
    usual("er", "291"),
    whole("es", "34"),
    usual("et", "251"),
    other("fi", "358", &["0"], &["00", "990", "994", "999"]),
    whole("fj", "679"),
    whole("fk", "500"),
    other("fm", "691", &["1"], &["011", "00"]),
    whole("fo", "298"),
    usual("fr", "33"),
    whole("ga", "241"),
    usual("gb", "44"),
    north_american("gd"),
    usual("ge", "995"),
    usual("gf", "594"),
    usual("gg", "44"),
    usual("gh", "233"),
    whole("gi", "350"),
    whole("gl", "299"),
    whole("gm", "220"),
    whole("gn", "224"),
    usual("gp", "590"),
    whole("gq", "240"),
    whole("gr", "30"),
    whole("gt", "502"),
    north_american("gu"),
    whole("gw", "245"),
    other("gy", "592", &[], &["001", "00"]),
    other("hk", "852", &[], &["001", "0060", "0080", "009"]),
    whole("hn", "504"),
    usual("hr", "385"),
    whole("ht", "509"),
    other("hu", "36", &["06"], &["00"]),
    other("id", "62", &["0"], &["001", "007", "008", "009", "00"]),
    usual("ie", "353"),
    other("il", "972", &["0"], &["00", "012", "013", "014", "018"]),
    usual("im", "44"),
    usual("in", "91"),
    whole("io", "246"),
    usual("iq", "964"),
    usual("ir", "98"),
    whole("is", "354"),
    whole("it", "39"),
    usual("je", "44"),
    north_american("jm"),
    usual("jo", "962"),
    other("jp", "81", &["0"], &["010", "00"]),
    other("ke", "254", &["0"], &["000", "00"]),
    usual("kg", "996"),
    other("kh", "855", &["0"], &["001", "007", "008", "00"]),
    whole("ki", "686"),
    whole("km", "269"),
    north_american("kn"),
    usual("kp", "850"),
    other("kr", "82", &["0"], &["00700", "001", "002", "005", "006", "008", "00"]),
    whole("kw", "965"),
    north_american("ky"),
    Country { iso: "kz", code: "7", trunks: &["8"], international: &["810", "00"], length: Some(10) },
    usual("la", "856"),
    usual("lb", "961"),
    north_american("lc"),
    whole("li", "423"),
    usual("lk", "94"),
    usual("lr", "231"),
    whole("ls", "266"),
    other("lt", "370", &["0", "8"], &["00"]),
    whole("lu", "352"),
    whole("lv", "371"),
    usual("ly", "218"),
    usual("ma", "212"),
    whole("mc", "377"),
    usual("md", "373"),
    usual("me", "382"),
    usual("mf", "590"),
    usual("mg", "261"),
    other("mh", "692", &["1"], &["011", "00"]),
    usual("mk", "389"),
    whole("ml", "223"),
    usual("mm", "95"),
    other("mn", "976", &["0"], &["001", "00"]),
    whole("mo", "853"),
    north_american("mp"),
    usual("mq", "596"),
    whole("mr", "222"),
    north_american("ms"),
    whole("mt", "356"),
    whole("mu", "230"),
    whole("mv", "960"),
    usual("mw", "265"),
    Country { iso: "mx", code: "52", trunks: &["01"], international: &["00"], length: Some(10) },
    usual("my", "60"),
    whole("mz", "258"),
    usual("na", "264"),
    whole("nc", "687"),
    whole("ne", "227"),
    whole("nf", "672"),
    other("ng", "234", &["0"], &["009", "00"]),
    whole("ni", "505"),
    usual("nl", "31"),
    whole("no", "47"),
    usual("np", "977"),
    whole("nr", "674"),
    whole("nu", "683"),
    usual("nz", "64"),
    whole("om", "968"),
    whole("pa", "507"),
    usual("pe", "51"),
    whole("pf", "689"),
    whole("pg", "675"),
    usual("ph", "63"),
    usual("pk", "92"),
    whole("pl", "48"),
    usual("pm", "508"),
    north_american("pr"),
    usual("ps", "970"),
    whole("pt", "351"),
    other("pw", "680", &[], &["011", "00"]),
    other("py", "595", &["0"], &["002", "00"]),
    whole("qa", "974"),
    usual("re", "262"),
    usual("ro", "40"),
    usual("rs", "381"),
    Country { iso: "ru", code: "7", trunks: &["8"], international: &["810", "00"], length: Some(10) },
    usual("rw", "250"),
    usual("sa", "966"),
    whole("sb", "677"),
    whole("sc", "248"),
    usual("sd", "249"),
    usual("se", "46"),
    other("sg", "65", &[], &["000", "001", "002", "008", "018", "019"]),
    whole("sh", "290"),
    usual("si", "386"),
    whole("sj", "47"),
    usual("sk", "421"),
    usual("sl", "232"),
    whole("sm", "378"),
    whole("sn", "221"),
    usual("so", "252"),
    whole("sr", "597"),
    usual("ss", "211"),
    whole("st", "239"),
    whole("sv", "503"),
    north_american("sx"),
    usual("sy", "963"),
    whole("sz", "268"),
    north_american("tc"),
    whole("td", "235"),
    whole("tg", "228"),
    other("th", "66", &["0"], &["001", "004", "005", "006", "007", "008", "009", "00"]),
    other("tj", "992", &["8"], &["810", "00"]),
    whole("tk", "690"),
    whole("tl", "670"),
    other("tm", "993", &["8"], &["810", "00"]),
    whole("tn", "216"),
    whole("to", "676"),
    usual("tr", "90"),
    north_american("tt"),
    whole("tv", "688"),
    other("tw", "886", &["0"], &["002", "00"]),
    other("tz", "255", &["0"], &["000", "00"]),
    usual("ua", "380"),
    other("ug", "256", &["0"], &["000", "00"]),
    north_american("us"),
    usual("uy", "598"),
    other("uz", "998", &["8"], &["810", "00"]),
    whole("va", "39"),
    north_american("vc"),
    usual("ve", "58"),
    north_american("vg"),
    north_american("vi"),
    usual("vn", "84"),
    whole("vu", "678"),
    whole("wf", "681"),
    whole("ws", "685"),
    usual("xk", "383"),
    usual("ye", "967"),
    usual("yt", "262"),
    usual("za", "27"),
    usual("zm", "260"),
    usual("zw", "263"),
];

/// Codes of services and networks that belong to no country (ITU-T E.164, shared codes).
const SHARED: [&str; 9] = ["800", "808", "870", "878", "881", "882", "883", "888", "979"];

/// The country of these letters, or the one of which nothing is known.
pub(super) fn find(iso: &str) -> &'static Country {
    let iso = iso.to_ascii_lowercase();
    COUNTRIES.binary_search_by(|country| country.iso.cmp(&iso)).map_or(&UNKNOWN, |at| &COUNTRIES[at])
}

/// The country code that digits begin with. No code is the beginning of another.
pub(super) fn code_of(digits: &str) -> Option<&'static str> {
    let codes = COUNTRIES.iter().map(|country| country.code).chain(SHARED);
    codes.filter(|code| digits.starts_with(code)).max_by_key(|code| code.len())
}

/// Whether numbers under this code are dialled with a 0 before them.
pub(super) fn has_trunk_zero(code: &str) -> bool {
    let mut of_code = COUNTRIES.iter().filter(|country| country.code == code).peekable();
    of_code.peek().is_some() && of_code.all(|country| country.trunks.contains(&"0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_stand_in_order_and_no_code_begins_another() {
        assert!(COUNTRIES.is_sorted_by(|one, next| one.iso < next.iso));
        for country in COUNTRIES {
            assert!(country.iso.len() == 2 && (1..=3).contains(&country.code.len()), "{}", country.iso);
            let begun = COUNTRIES.iter().find(|other| other.code != country.code && other.code.starts_with(country.code));
            assert!(begun.is_none(), "{} begins {begun:?}", country.code);
        }
    }

    #[test]
    fn every_assigned_zone_is_there() {
        // ITU-T E.164 assigns a code below each of these.
        for zone in ["1", "7", "20", "27", "30", "33", "44", "49", "52", "61", "81", "86", "91", "98"] {
            assert_eq!(code_of(&format!("{zone}55555555")), Some(zone));
        }
        assert_eq!(code_of("99999999999"), None);
        assert!(has_trunk_zero("44") && !has_trunk_zero("39") && !has_trunk_zero("1") && !has_trunk_zero("88"));
    }
}
