//! What the template lets a function do: the statements of its policies, and whether they allow a call.
//!
//! Understood are statements with `Action` or `NotAction`, `Resource`, and the condition that the keys of the table which a
//! call names begin with something (`dynamodb:LeadingKeys`); another condition counts as fulfilled.

use serde_json::Value;

use super::intrinsics::Scope;
use crate::error::{Error, OrMissing, Result};

/// Where a statement says with which keys it is about a call.
const LEADING_KEYS: &str = "/Condition/ForAnyValue:StringLike/dynamodb:LeadingKeys";

/// A statement of a policy.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its `Sid`.
    pub name: String,
    is_deny: bool,
    actions: Vec<String>,
    not_actions: Vec<String>,
    resources: Vec<String>,
    /// Patterns of which one has to fit one of a call's keys.
    leading_keys: Vec<String>,
}

/// A call that a function makes to a service of AWS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// `dynamodb:PutItem`.
    pub action: String,
    /// Its ARN.
    pub resource: String,
    /// The partition keys that it names, where it is of the table.
    pub keys: Vec<String>,
}

impl Statement {
    /// The statements of everything that a function whose `policies` and `role` these are, in the template `template`, has.
    pub(super) fn of(template: &Value, scope: &Scope, policies: &Value, role: &Value) -> Result<Vec<Self>> {
        let mut statements = Vec::new();
        let properties = |reference: &Value| {
            let id = reference.get("Ref").or_else(|| reference.pointer("/Fn::GetAtt/0")).and_then(Value::as_str);
            let found = id.and_then(|id| template.pointer(&format!("/Resources/{id}/Properties")));
            found.or_missing(format!("template.yaml has no policy or role {reference}"))
        };
        let mut documents: Vec<&Value> = Vec::new();
        for policy in list(policies) {
            documents.push(if policy.get("Statement").is_some() { policy } else { document(properties(policy)?)? });
        }
        if !role.is_null() {
            let role = properties(role)?;
            for policy in list(&role["Policies"]) {
                documents.push(document(policy)?);
            }
            for policy in list(&role["ManagedPolicyArns"]) {
                documents.push(document(properties(policy)?)?);
            }
        }
        for statement in documents.into_iter().flat_map(|document| list(&document["Statement"])) {
            statements.push(Self::read(&scope.evaluate(statement)?)?);
        }
        Ok(statements)
    }

    fn read(statement: &Value) -> Result<Self> {
        let texts = |value: &Value| list(value).iter().map(|value| super::text(value)).collect::<Vec<_>>();
        let is_deny = match statement["Effect"].as_str() {
            Some("Allow") => false,
            Some("Deny") => true,
            _ => return Err(Error::new("a statement of template.yaml neither allows nor denies")),
        };
        Ok(Self {
            name: statement["Sid"].as_str().unwrap_or_default().to_owned(),
            is_deny,
            actions: texts(&statement["Action"]),
            not_actions: texts(&statement["NotAction"]),
            resources: texts(&statement["Resource"]),
            leading_keys: statement.pointer(LEADING_KEYS).map(texts).unwrap_or_default(),
        })
    }

    /// Whether it is about `call`.
    pub fn fits(&self, call: &Call) -> bool {
        let action = if self.not_actions.is_empty() {
            self.actions.iter().any(|action| is_like(&call.action, action))
        } else {
            !self.not_actions.iter().any(|action| is_like(&call.action, action))
        };
        let key = self.leading_keys.is_empty() || call.keys.iter().any(|key| self.leading_keys.iter().any(|pattern| is_like(key, pattern)));
        action && key && self.resources.iter().any(|resource| is_like(&call.resource, resource))
    }

    /// The actions that it allows, each by name.
    pub fn allowed_actions(&self) -> &[String] {
        if self.is_deny { &[] } else { &self.actions }
    }
}

/// Whether `statements` allow `call`: one does, and none denies it.
pub(super) fn allow(statements: &[Statement], call: &Call) -> bool {
    let mut fitting = statements.iter().filter(|statement| statement.fits(call)).peekable();
    fitting.peek().is_some() && fitting.all(|statement| !statement.is_deny)
}

/// What a role's or a managed policy's `policy` says.
fn document(policy: &Value) -> Result<&Value> {
    policy.get("PolicyDocument").or_missing("a policy of template.yaml has no document")
}

/// A list, or what stands where there may be one.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![value],
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for anything and `?` for one letter.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.filter_map(|at| text.get(at..)).any(|text| is_like(text, rest.as_str()))
        }
        Some(letter) => {
            let mut of_text = text.chars();
            of_text.next().is_some_and(|first| letter == '?' || first == letter) && is_like(of_text.as_str(), rest.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn a_star_stands_for_anything_and_a_question_mark_for_one_letter() {
        for (text, pattern, fits) in [
            ("LOGIN#a", "LOGIN#*", true),
            ("F#firm_1#SESSION#s", "F#firm_?#SESSION#*", true),
            ("F#firm_12#SESSION#s", "F#firm_?#SESSION#*", false),
            ("dynamodb:PutItem", "dynamodb:*", true),
            ("dynamodb:PutItem", "dynamodb:PutItem", true),
            ("dynamodb:PutItems", "dynamodb:PutItem", false),
            ("", "*", true),
            ("", "?", false),
        ] {
            assert_eq!(is_like(text, pattern), fits, "{text} {pattern}");
        }
    }
}
