//! Evaluates `Ref`, `Fn::Sub`, `Fn::GetAtt`, `Fn::Join`, `Fn::Select` and `Fn::Split` as CloudFormation would, with local names.
//!
//! Every resource has a name that follows from the template alone (its `…Name` property, else its logical id), so
//! ARNs and queue URLs are known before anything runs. Deliberately absent: conditions and the other functions. A
//! property that needs one is refused by name, and none that the local stack reads does.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

use crate::error::{Doing, Error, OrMissing, Result};

/// The account that everything local belongs to.
pub const ACCOUNT: &str = "000000000000";
/// The region that everything local is in.
pub const REGION: &str = "us-east-1";

/// Which property names a resource of a type.
fn name_property(kind: &str) -> Option<&'static str> {
    match kind {
        "AWS::DynamoDB::Table" => Some("TableName"),
        "AWS::SQS::Queue" => Some("QueueName"),
        "AWS::S3::Bucket" => Some("BucketName"),
        "AWS::Serverless::Function" => Some("FunctionName"),
        "AWS::Logs::LogGroup" => Some("LogGroupName"),
        "AWS::SNS::Topic" => Some("TopicName"),
        "AWS::SES::ConfigurationSet" | "AWS::Events::Rule" => Some("Name"),
        _ => None,
    }
}

struct Named {
    kind: String,
    name: String,
}

/// What a template's expressions can refer to.
pub(super) struct Scope {
    parameters: BTreeMap<String, Value>,
    resources: BTreeMap<String, Named>,
}

impl Scope {
    /// The template's own parameters, with `overrides` in place of their defaults.
    pub(super) fn new(template: &Value, overrides: &[(&str, &str)]) -> Result<Self> {
        let mut scope = Self { parameters: BTreeMap::new(), resources: BTreeMap::new() };
        for (name, definition) in object(template, "Parameters") {
            let default = definition.get("Default").cloned().unwrap_or_default();
            scope.parameters.insert(name.clone(), default);
        }
        for (name, value) in overrides {
            if scope.parameters.insert((*name).to_owned(), (*value).into()).is_none() {
                return Err(Error::new(format!("template.yaml has no parameter {name}")));
            }
        }
        for (id, resource) in object(template, "Resources") {
            let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
            let property = name_property(kind).and_then(|name| resource.pointer(&format!("/Properties/{name}")));
            let name = match property {
                Some(expression) => text(&scope.evaluate(expression)?),
                None => id.clone(),
            };
            scope.resources.insert(id.clone(), Named { kind: kind.to_owned(), name });
        }
        Ok(scope)
    }

    /// `value` with every expression in it replaced by what it stands for.
    pub(super) fn evaluate(&self, value: &Value) -> Result<Value> {
        match value {
            Value::Array(items) => items.iter().map(|item| self.evaluate(item)).collect(),
            Value::Object(map) => self.evaluate_object(map),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.clone()),
        }
    }

    fn evaluate_object(&self, map: &Map<String, Value>) -> Result<Value> {
        if let (1, Some((key, argument))) = (map.len(), map.iter().next()) {
            match key.as_str() {
                "Ref" => return self.reference(&text(&self.evaluate(argument)?)),
                "Fn::Sub" => return Ok(self.substitute(&text(argument))?.into()),
                "Fn::GetAtt" => {
                    let part = |index| argument.get(index).map(text).unwrap_or_default();
                    return Ok(self.attribute(&part(0), &part(1))?.into());
                }
                "Fn::Join" => return Ok(self.texts(argument.get(1))?.join(&self.part(argument, 0)?).into()),
                "Fn::Split" => {
                    let (by, whole) = (self.part(argument, 0)?, self.part(argument, 1)?);
                    return Ok(whole.split(&by).collect::<Vec<_>>().into());
                }
                "Fn::Select" => {
                    let index: usize = self.part(argument, 0)?.parse().doing("template.yaml selects by what is no number")?;
                    return Ok(self
                        .texts(argument.get(1))?
                        .get(index)
                        .cloned()
                        .or_missing("template.yaml selects what isn't there")?
                        .into());
                }
                other if other.starts_with("Fn::") => {
                    return Err(Error::new(format!("template.yaml uses {other} where the local stack can't follow it")));
                }
                _ => {}
            }
        }
        map.iter().map(|(key, value)| Ok((key.clone(), self.evaluate(value)?))).collect()
    }

    /// Part number `index` of a function's `argument`, evaluated.
    fn part(&self, argument: &Value, index: usize) -> Result<String> {
        Ok(text(&self.evaluate(argument.get(index).unwrap_or(&Value::Null))?))
    }

    /// The texts that `list` evaluates to.
    fn texts(&self, list: Option<&Value>) -> Result<Vec<String>> {
        let list = self.evaluate(list.unwrap_or(&Value::Null))?;
        Ok(list.as_array().into_iter().flatten().map(text).collect())
    }

    fn reference(&self, name: &str) -> Result<Value> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        match name {
            "AWS::AccountId" => return Ok(ACCOUNT.into()),
            "AWS::Region" => return Ok(REGION.into()),
            "AWS::Partition" => return Ok("aws".into()),
            "AWS::URLSuffix" => return Ok("amazonaws.com".into()),
            _ => {}
        }
        let Named { kind, name } = self.named(name)?;
        Ok(match kind.as_str() {
            "AWS::SQS::Queue" => format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}").into(),
            "AWS::SNS::Topic" => arn("sns", name).into(),
            _ => name.as_str().into(),
        })
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Result<String> {
        let Named { kind, name } = self.named(resource)?;
        match (kind.as_str(), attribute) {
            ("AWS::DynamoDB::Table", "Arn") => Ok(arn("dynamodb", &format!("table/{name}"))),
            ("AWS::DynamoDB::Table", "StreamArn") => Ok(arn("dynamodb", &format!("table/{name}/stream/local"))),
            ("AWS::SQS::Queue", "Arn") => Ok(arn("sqs", name)),
            ("AWS::SQS::Queue", "QueueName") => Ok(name.clone()),
            ("AWS::S3::Bucket", "Arn") => Ok(format!("arn:aws:s3:::{name}")),
            ("AWS::Serverless::Function", "Arn") => Ok(arn("lambda", &format!("function:{name}"))),
            ("AWS::Logs::LogGroup", "Arn") => Ok(arn("logs", &format!("log-group:{name}:*"))),
            ("AWS::IAM::Role", "Arn") => Ok(format!("arn:aws:iam::{ACCOUNT}:role/{name}")),
            _ => Err(Error::new(format!("the local stack doesn't know the attribute {attribute} of {resource}"))),
        }
    }

    fn named(&self, id: &str) -> Result<&Named> {
        self.resources.get(id).or_missing(format!("template.yaml refers to {id}, which it doesn't define"))
    }

    fn substitute(&self, pattern: &str) -> Result<String> {
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, tail) = after.split_once('}').or_missing(format!("template.yaml has an open ${{ in {pattern}"))?;
            out.push_str(before);
            match name.split_once('.') {
                Some((resource, attribute)) => out.push_str(&self.attribute(resource, attribute)?),
                None => out.push_str(&text(&self.reference(name)?)),
            }
            rest = tail;
        }
        out.push_str(rest);
        Ok(out)
    }
}

fn arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}")
}

/// A scalar as CloudFormation writes it into a string.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The entries of a top-level section, in the order of their names.
pub(super) fn object<'a>(template: &'a Value, section: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    template.get(section).and_then(Value::as_object).into_iter().flatten()
}
