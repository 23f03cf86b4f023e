//! The OpenAPI document of the product, made from the routers that serve it, as sweeps over every operation read it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, LazyLock, Mutex},
};

use api::App;
use auth::Keys;
use domain::access::{Permission, Right};
use http::Method;
use secrets::{LinkKey, SigningKey};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    ISSUER, routers,
    support::stripe::{till_of_nobody, webhooks_of_nobody},
};

/// The document.
pub struct Document {
    /// As it is served.
    pub json: Value,
    /// Every operation, in the document's order.
    pub operations: Vec<Operation>,
}

/// One method of one path.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its `operationId`.
    pub name: String,
    /// The function whose router has it.
    pub function: &'static str,
    /// Its method.
    pub method: Method,
    /// Its path, with `{id}` where a record is named.
    pub path: String,
    /// All that the document says of it.
    pub json: Value,
    /// The document's components, to which `json` refers.
    components: Arc<Value>,
}

impl Document {
    /// The one of these sources.
    pub fn of_routers() -> &'static Self {
        static DOCUMENT: LazyLock<Document> = LazyLock::new(Document::make);
        &DOCUMENT
    }

    fn make() -> Self {
        let (keys, links) = keys();
        let routers = routers::<OpenApiRouter<App>>(keys, links, webhooks_of_nobody(), till_of_nobody());
        let documents: BTreeMap<_, _> = routers.into_iter().map(|(name, router)| (name, router.into_openapi())).collect();
        let functions: BTreeMap<String, &str> =
            documents.iter().flat_map(|(name, document)| document.paths.paths.keys().map(|path| (path.clone(), *name))).collect();
        let json = api::openapi::document(documents.into_values());
        let components = Arc::new(json["components"].clone());
        let mut operations = Vec::new();
        for (path, methods) in json["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                operations.push(Operation {
                    name: operation["operationId"].as_str().unwrap_or_default().to_owned(),
                    function: functions[path],
                    method: method.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    json: operation.clone(),
                    components: components.clone(),
                });
            }
        }
        Self { json, operations }
    }

    /// The operation with `method` at `path`, if there is one.
    pub fn at(&self, method: &Method, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.method == *method && operation.path == path)
    }

    /// Where records are made that a PATCH can change: the lists' paths.
    pub fn lists_of_what_can_be_changed(&self) -> BTreeSet<&str> {
        let patches = self.operations.iter().filter(|operation| operation.method == Method::PATCH);
        patches.filter_map(|operation| operation.path.strip_suffix("{id}/")).collect()
    }

    /// The operation `name`.
    #[track_caller]
    pub fn operation(&self, name: &str) -> &Operation {
        self.operations.iter().find(|operation| operation.name == name).unwrap_or_else(|| panic!("no operation {name}"))
    }
}

impl Operation {
    /// Whether it changes something.
    pub fn writes(&self) -> bool {
        self.method != Method::GET
    }

    /// Whether its path names one record, by its id or by a link.
    pub fn names_a_record(&self) -> bool {
        self.path.contains("{id}") || self.is_by_link()
    }

    /// Whether it is done by a link, whose token is in its path.
    pub fn is_by_link(&self) -> bool {
        self.path.contains("{token}")
    }

    /// The path of the record that its path names.
    pub fn record(&self) -> Option<String> {
        self.path.split_once("{id}/").map(|(list, _)| format!("{list}{{id}}/"))
    }

    /// The ways in which a caller has to be signed in; none of an operation that is open to all.
    pub fn security(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.json["security"].as_array().into_iter().flatten().filter_map(Value::as_object)
    }

    /// Whether the caller has to be signed in.
    pub fn signed_in(&self) -> bool {
        self.security().next().is_some()
    }

    /// The permission that a member of the firm needs.
    pub fn permission(&self) -> Option<Permission> {
        let name = self.security().find_map(|scheme| scheme.get("staff")?.as_array()?.first()?.as_str())?;
        Some(Permission::ALL.into_iter().find(|permission| permission.as_str() == name).unwrap_or_else(|| panic!("no permission {name}")))
    }

    /// The right that a portal user needs; none where it isn't for them, or for whoever is signed in.
    pub fn right(&self) -> Option<Right> {
        let name = self.security().find_map(|scheme| scheme.get("portal")?.as_array()?.first()?.as_str())?;
        Some(Right::ALL.into_iter().find(|right| right.as_str() == name).unwrap_or_else(|| panic!("no right {name}")))
    }

    /// Whether it is for callers of the scheme: `staff` or `portal`.
    pub fn is_for(&self, scheme: &str) -> bool {
        self.security().any(|schemes| schemes.contains_key(scheme))
    }

    /// Its path, with `value` for its parameter, or for all from the first to the last: `invoice/en`.
    pub fn path_of(&self, value: Option<&str>) -> String {
        match (self.path.split_once('{'), value) {
            (Some((before, rest)), Some(value)) => format!("{before}{value}{}", rest.rsplit_once('}').unwrap().1),
            (None, None) => self.path.clone(),
            _ => panic!("{}: {} and {value:?} don't go together", self.name, self.path),
        }
    }

    /// The names of what can be said in its query.
    fn query(&self) -> impl Iterator<Item = &str> {
        let parameters = self.json["parameters"].as_array().into_iter().flatten();
        parameters.filter(|parameter| parameter["in"] == "query").filter_map(|parameter| parameter["name"].as_str())
    }

    /// Whether it answers a list, a page at a time.
    pub fn is_list(&self) -> bool {
        self.query().any(|name| name == "cursor")
    }

    /// The names of what a list can be filtered by.
    pub fn filters(&self) -> impl Iterator<Item = &str> {
        self.query().filter(|name| !["cursor", "limit", "ordering"].contains(name))
    }

    /// What its body has to be.
    pub fn body(&self) -> Option<&Value> {
        self.json.pointer("/requestBody/content/application~1json/schema").map(|schema| self.resolved(schema))
    }

    /// The fields that its body may have, with their schemas.
    pub fn fields(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.body().and_then(|body| body["properties"].as_object()).into_iter().flatten()
    }

    /// What the document says of its answers with `status`.
    pub fn answer(&self, status: u16) -> Option<&Value> {
        self.json["responses"].get(status.to_string()).map(|answer| self.resolved(answer))
    }

    /// The schema or response that `value` is or refers to.
    pub fn resolved<'v>(&'v self, value: &'v Value) -> &'v Value {
        match value["$ref"].as_str() {
            Some(reference) => self.resolved(self.components.pointer(reference.strip_prefix("#/components").unwrap()).unwrap()),
            None => value,
        }
    }

    /// What of `value` isn't as `schema` says; nothing if all of it is.
    pub fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        self.validator(schema).iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    /// What checks values against `schema`; making it takes longer than checking, and answers have few schemas.
    fn validator(&self, schema: &Value) -> Arc<jsonschema::Validator> {
        static MADE: LazyLock<Mutex<HashMap<String, Arc<jsonschema::Validator>>>> = LazyLock::new(Mutex::default);
        let make = || {
            let dialect = "https://json-schema.org/draft/2020-12/schema";
            let whole = json!({"$schema": dialect, "allOf": [schema], "components": *self.components});
            Arc::new(jsonschema::draft202012::options().should_validate_formats(true).build(&whole).unwrap())
        };
        MADE.lock().unwrap().entry(schema.to_string()).or_insert_with(make).clone()
    }
}

/// Keys of no consequence: the document doesn't depend on them.
fn keys() -> (Keys, LinkKey) {
    let local = local::keys::Keys::generate().unwrap();
    let links = LinkKey::parse(&local.link_secret()).unwrap();
    (
        Keys::new(
            ISSUER,
            SigningKey::parse(&local.signing_secret()).unwrap(),
            links.clone(),
            crate::cheap_passwords(),
            auth::Registration::Open,
        ),
        links,
    )
}
