//! What forms, JSON and nonsense are read as.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use ferrodon_core::{Page, StatusId};
use proptest::prelude::*;
use serde::Deserialize;

use super::Params;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Form {
    status: Option<String>,
    sensitive: Option<bool>,
    in_reply_to_id: Option<StatusId>,
    media_ids: Vec<StatusId>,
    poll: Option<Poll>,
    fields_attributes: Vec<Field>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Poll {
    options: Vec<String>,
    expires_in: i64,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Field {
    name: String,
    value: String,
}

#[derive(Debug, Deserialize)]
struct Needy {
    #[expect(dead_code, reason = "only its presence matters")]
    q: String,
}

async fn read<T: serde::de::DeserializeOwned>(
    query: &str,
    kind: &str,
    body: impl Into<Body>,
) -> Result<T, crate::error::ApiError> {
    let request = Request::post(format!("/x?{query}")).header("content-type", kind);
    let request = request.body(body.into()).unwrap();
    Params::from_request(request, &()).await.map(|params| params.0)
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[tokio::test]
async fn names_of_form_fields_nest() {
    let body = "status=a+b%21&media_ids[]=1&media_ids[]=2x&poll[options][]=y&poll[options][]=n\
                &poll[expires_in]=60&fields_attributes[0][name]=k&fields_attributes[0][value]=v\
                &fields_attributes[1][name]=l";
    let form: Form = read("limit=-5&status=query", FORM, body).await.unwrap();
    assert_eq!(form.status.as_deref(), Some("a b!"), "the body wins");
    assert_eq!(form.media_ids, [StatusId(1), StatusId(2)]);
    assert_eq!(form.page.limit, Some(-5));
    let poll = Poll { options: vec!["y".into(), "n".into()], expires_in: 60 };
    assert_eq!(form.poll, Some(poll));
    assert_eq!(form.fields_attributes.len(), 2);
    assert_eq!(form.fields_attributes[0].value, "v");
}

#[tokio::test]
async fn items_of_lists_begin_where_a_name_repeats() {
    let body = "fields_attributes[][name]=a&fields_attributes[][value]=1\
                &fields_attributes[][name]=b&fields_attributes[][value]=2";
    let form: Form = read("", FORM, body).await.unwrap();
    let pairs: Vec<_> = form.fields_attributes.iter().map(|f| (&*f.name, &*f.value)).collect();
    assert_eq!(pairs, [("a", "1"), ("b", "2")]);
}

#[tokio::test]
async fn what_does_not_fit_counts_as_not_sent() {
    let body = r#"{"status":["x"],"sensitive":{},"in_reply_to_id":"","media_ids":"7",
                   "poll":"no","fields_attributes":[1,{"name":"k","value":null}]}"#;
    let form: Form = read("", JSON, body).await.unwrap();
    let field = Field { name: "k".into(), value: String::new() };
    assert_eq!(form, Form { fields_attributes: vec![field], ..Form::default() });
}

#[tokio::test]
async fn booleans_and_numbers_are_lenient() {
    for (text, flag) in
        [("false", false), ("0", false), ("OFF", false), ("true", true), ("x", true)]
    {
        let form: Form = read("", FORM, format!("sensitive={text}")).await.unwrap();
        assert_eq!(form.sensitive, Some(flag), "{text}");
    }
    let form: Form = read("", FORM, "sensitive=&status=").await.unwrap();
    assert_eq!((form.sensitive, form.status.as_deref()), (None, Some("")));
    let form: Form = read("", JSON, r#"{"in_reply_to_id":17,"sensitive":0}"#).await.unwrap();
    assert_eq!((form.in_reply_to_id, form.sensitive), (Some(StatusId(17)), Some(false)));
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let error = read::<Needy>("", FORM, "").await.unwrap_err();
    let crate::error::ApiError::App(error) = error else { panic!("{error:?}") };
    assert_eq!(error.to_string(), "param is missing or the value is empty or invalid: q");
}

#[tokio::test]
async fn nonsense_is_refused() {
    assert!(read::<Form>("", JSON, "{").await.is_err());
    assert!(read::<Form>("", FORM, "status=%ff").await.is_err());
    assert!(read::<Form>("", FORM, "status=%f").await.is_err());
    assert!(read::<Form>("", FORM, "status=1&status[a]=2").await.is_err());
    assert!(read::<Form>("", FORM, vec![b'a'; 3 * 1024 * 1024]).await.is_err());
}

#[tokio::test]
async fn multipart_brings_text_and_leaves_files() {
    let body = "--B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
                content-type: image/png\r\n\r\n\x01\x02\r\n\
                --B\r\ncontent-disposition: form-data; name=\"status\"\r\n\r\nhi\r\n--B--\r\n";
    let form = read::<Form>("", "multipart/form-data; boundary=B", body).await.unwrap();
    assert_eq!(form.status.as_deref(), Some("hi"));
}

fn any_kind() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(FORM.to_owned()),
        Just(JSON.to_owned()),
        Just("multipart/form-data; boundary=B".to_owned()),
        "[ -~]{0,40}",
    ]
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        r#"(status|poll|media_ids|fields_attributes)[\[\]a-z=&%0-9]{0,80}"#
            .prop_map(String::into_bytes),
        r#"\{"(status|poll|media_ids|sensitive|limit)":[\[\]\{\}"a-z0-9,:]{0,60}\}"#
            .prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn nothing_that_is_sent_panics(
        query in "[a-z\\[\\]=&%0-9]{0,60}",
        kind in any_kind(),
        body in any_body(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _ = runtime.block_on(read::<Form>(&query, &kind, body));
    }
}
