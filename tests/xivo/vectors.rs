//! What the specification works out by example, where no room of the phone works it out itself.

use tests::turn_credential;

#[test]
fn the_credential_of_a_relay_is_that_of_the_vector() {
    assert_eq!(turn_credential("s3cret", "1767225600"), "oQZLAaTYfh5wyzx7R/9OkDHVhdY=");
    // RFC 2202 section 3, case 2.
    assert_eq!(turn_credential("Jefe", "what do ya want for nothing?"), "7/zfauXrL6LSdBbV8YTfnCWafHk=");
    // A secret that is longer than a block, by another implementation.
    assert_eq!(turn_credential(&"x".repeat(80), "1767225600"), "2fCZ2MhsaztJEX8oy7S26T6e4I0=");
}
