use super::*;

#[test]
fn the_checkouts_template_is_read_whole() {
    let template = Template::load().unwrap();

    assert_eq!(template.table.name, "consultantpro-local");
    assert_eq!(template.table.expires.as_deref(), Some("expires"));
    let indexes = template.table.definition["GlobalSecondaryIndexes"].as_array().unwrap();
    assert_eq!(indexes.len(), 5);
    assert_eq!(template.table.definition["StreamSpecification"]["StreamEnabled"], true);

    for function in ["auth", "crm", "clients", "webhooks", "docs", "outbox"] {
        assert!(template.functions.iter().any(|known| known.name == function), "{function}");
    }
    let auth = template.functions.iter().find(|function| function.name == "auth").unwrap();
    assert_eq!(auth.environment["STAGE"], "local");
    assert_eq!(auth.environment["TABLE_NAME"], "consultantpro-local");
    assert_eq!(auth.environment["SIGNING_SECRET"], "consultantpro/dev/token-signing");
    assert_eq!(auth.environment["RATE_USER_PER_MINUTE"], "100");
}

#[test]
fn paths_reach_their_function_with_and_without_a_slash() {
    let template = Template::load().unwrap();
    for (method, path, function) in [
        ("POST", "/api/auth/login/", "auth"),
        ("GET", "/api/crm/leads", "crm"),
        ("GET", "/api/clients/clients", "clients"),
        ("GET", "/api/clients/clients/", "clients"),
        ("PATCH", "/api/clients/portal-users/pu_1/", "clients"),
        ("POST", "/api/webhooks/stripe", "webhooks"),
        ("POST", "/api/webhooks/stripe/", "webhooks"),
        ("GET", "/api/docs", "docs"),
        ("GET", "/api/docs/openapi.json", "docs"),
        ("GET", "/api/health/", "docs"),
        ("DELETE", "/api/nothing/", "docs"),
        ("GET", "/api/crm", "docs"),
        ("GET", "/api/crm/", "docs"),
    ] {
        assert_eq!(template.route(method, path).unwrap().function, function, "{method} {path}");
    }
    for path in ["/", "/api", "/api/", "/api//", "/elsewhere"] {
        assert_eq!(template.route("GET", path), None, "{path}");
    }
}

#[test]
fn a_dead_letter_queue_comes_before_the_queue_that_points_to_it() {
    let template = Template::load().unwrap();
    let position = |name: &str| template.queues.iter().position(|queue| queue.name == name).unwrap();
    assert!(position("consultantpro-stripe-events-dead-local") < position("consultantpro-stripe-events-local"));
    let queue = &template.queues[position("consultantpro-stripe-events-local")];
    let redrive: Value = serde_json::from_str(queue.attributes["RedrivePolicy"].as_str().unwrap()).unwrap();
    assert_eq!(redrive["deadLetterTargetArn"], "arn:aws:sqs:us-east-1:000000000000:consultantpro-stripe-events-dead-local");
}

#[test]
fn the_streams_trigger_keeps_all_that_it_says() {
    let template = Template::load().unwrap();
    let outbox = template.stream_triggers.iter().find(|trigger| trigger.function == "outbox").unwrap();
    assert!(outbox.bisects && outbox.reports_failures);
    assert_eq!(outbox.dead_letters.as_deref(), Some("consultantpro-outbox-dead-local"));
    let event = |name: &str, sk: &str| json!({ "eventName": name, "dynamodb": { "Keys": { "sk": { "S": sk } } } });
    let fits = |record: &Value| outbox.filters.iter().any(|filter| filter.matches(record));
    assert!(fits(&event("INSERT", "EVENT#0000000001")));
    assert!(!fits(&event("MODIFY", "EVENT#0000000001")));
    assert!(!fits(&event("INSERT", "@")));
    let projections = template.stream_triggers.iter().find(|trigger| trigger.function == "projections").unwrap();
    let record = |name: &str, image: &str, sk: &str| json!({ "eventName": name, "dynamodb": { "Keys": { "sk": { "S": sk } }, image: { "by_type_pk": { "S": "F#1#TASK" } } } });
    let fits = |record: &Value| projections.filters.iter().any(|filter| filter.matches(record));
    assert!(
        fits(&record("INSERT", "NewImage", "@")) && fits(&record("MODIFY", "NewImage", "@")) && fits(&record("REMOVE", "OldImage", "@"))
    );
    assert!(!fits(&record("INSERT", "NewImage", "@ADDEND")) && !fits(&event("INSERT", "@")));
}

#[test]
fn texts_are_split_and_joined() {
    let table = "Resources:\n  T: {Type: AWS::DynamoDB::Table, Properties: {TableName: t}}\n";
    let name = "!Join ['-', [!Select [0, !Split ['@', 'mail@consultantpro.example']], '*']]";
    let text = format!("{table}  Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: {name}}}}}");
    assert_eq!(Template::parse(&text, &[]).unwrap().queues[0].name, "mail-*");
}

#[test]
fn what_the_local_stack_cannot_follow_is_named() {
    let table = "Resources:\n  T: {Type: AWS::DynamoDB::Table, Properties: {TableName: t}}\n";
    let refused = |rest: &str| Template::parse(&format!("{table}{rest}"), &[]).unwrap_err().to_string();
    assert!(refused("  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !FindInMap [a, b, c]}}").contains("Fn::FindInMap"));
    assert!(refused("  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nobody}}").contains("Nobody"));
    let events = "Properties: {CodeUri: target/lambda/f/, Events: {Topic: {Type: SNS}}}";
    assert!(refused(&format!("  F: {{Type: AWS::Serverless::Function, {events}}}")).contains("SNS"));
    let routed = |name: &str, path: &str| {
        let event = format!("{{Type: HttpApi, Properties: {{Method: ANY, Path: \"{path}\"}}}}");
        format!("  {name}: {{Type: AWS::Serverless::Function, Properties: {{CodeUri: target/lambda/{name}/, Events: {{E: {event}}}}}}}\n")
    };
    assert!(refused(&routed("F", "/api/health/")).contains("`ANY /api/health/` (F): its path ends in a slash"));
    let twice = [routed("F", "/a/{proxy+}"), routed("G", "/a/{proxy+}")].concat();
    assert!(refused(&twice).contains("`ANY /a/{proxy+}`: F and G"));
    assert!(Template::parse(table, &[("Nope", "1")]).unwrap_err().to_string().contains("Nope"));
}

#[test]
fn a_loop_is_read_as_what_it_makes() {
    let function = "{Type: AWS::Serverless::Function, Properties: {CodeUri: !Sub 'target/lambda/${Name}/', Events: {}}}";
    let text = format!(
        "Resources:
  T: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: t}}}}
  Fn::ForEach::Functions: [Name, [One, Two], {{'${{Name}}Function': {function}}}]
"
    );
    let template = Template::parse(&text, &[]).unwrap();
    let names: Vec<_> = template.functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, ["One", "Two"]);
    for wrong in ["[Name, !Ref Names, {}]", "[Name, ['a b'], {}]", "[Name, [One]]", "{}"] {
        let refused = Template::parse(&format!("Resources: {{'Fn::ForEach::Any': {wrong}}}"), &[]).unwrap_err().to_string();
        assert!(refused.contains("Fn::ForEach::Any"), "{wrong}: {refused}");
    }
}

#[test]
fn every_function_has_an_alarm() {
    let text = std::fs::read_to_string(checkout().unwrap().join("template.yaml")).unwrap();
    let template = loops::unrolled(yaml::parse(&text).unwrap()).unwrap();
    for (id, _) in object(&template, "Resources").filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function") {
        let alarm = &template["Resources"][id.replace("Function", "ErrorsAlarm")];
        assert_eq!(alarm["Type"], "AWS::CloudWatch::Alarm", "{id}");
        assert_eq!(alarm["Properties"]["Dimensions"][0]["Value"]["Ref"]["Fn::Sub"], **id);
    }
}

#[test]
fn cors_is_understood_whole_or_refused() {
    let parsed = |configuration: &str| {
        let api = format!("{{Type: AWS::Serverless::HttpApi, Properties: {{CorsConfiguration: {configuration}}}}}");
        let table = "{Type: AWS::DynamoDB::Table, Properties: {TableName: t}}";
        Template::parse(&format!("Resources: {{T: {table}, A: {api}}}"), &[]).map(|template| template.cors.is_some())
    };
    assert!(parsed("{AllowOrigins: [https://a.example], AllowMethods: [GET], MaxAge: 5}").unwrap());
    for (configuration, named) in
        [("true", "no map"), ("{AllowOrigins: ['*']}", "AllowOrigins"), ("{AllowEverything: true}", "AllowEverything")]
    {
        assert!(parsed(configuration).unwrap_err().to_string().contains(named), "{configuration}");
    }
}

#[test]
fn schedules_and_queues_are_read_with_their_input_and_batch() {
    let text = "Resources:
  T: {Type: AWS::DynamoDB::Table, Properties: {TableName: t}}
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: target/lambda/jobs/
      Events:
        Jobs: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn, BatchSize: 5, FunctionResponseTypes: [ReportBatchItemFailures]}}
        Nightly: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour), Input: '{\"sweep\": \"expiries\"}'}}
";
    let template = Template::parse(text, &[]).unwrap();
    let [trigger] = template.queue_triggers.as_slice() else { panic!("one trigger") };
    assert_eq!((trigger.queue.as_str(), trigger.batch_size, trigger.reports_failures), ("jobs", 5, true));
    let [schedule] = template.schedules.as_slice() else { panic!("one schedule") };
    assert_eq!((schedule.name.as_str(), schedule.expression.as_str()), ("Nightly", "rate(1 hour)"));
    assert_eq!(schedule.input, json!({ "sweep": "expiries" }));
}

#[test]
fn every_function_has_a_sample_event_and_each_goes_where_its_folder_says() {
    let template = Template::load().unwrap();
    let events = checkout().unwrap().join("events");
    for function in &template.functions {
        let cases = std::fs::read_dir(events.join(&function.name)).unwrap_or_else(|_| panic!("events/{} is missing", function.name));
        for case in cases {
            let path = case.unwrap().path();
            let event: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            match event.get("routeKey").and_then(Value::as_str) {
                Some(key) => {
                    let method = event["requestContext"]["http"]["method"].as_str().unwrap();
                    let route = template.route(method, event["rawPath"].as_str().unwrap()).unwrap();
                    assert_eq!((route.key().as_str(), &route.function), (key, &function.name), "{}", path.display());
                }
                None => assert!(triggers(&template, &function.name, &event), "{}", path.display()),
            }
        }
    }
}

/// Whether the template says that `function` is called with such an `event`.
fn triggers(template: &Template, function: &str, event: &Value) -> bool {
    let records = event["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
    let all = |fits: &dyn Fn(&Value) -> bool| !records.is_empty() && records.iter().all(fits);
    let streamed = |record: &Value| {
        let mut triggers = template.stream_triggers.iter().filter(|trigger| trigger.function == function);
        triggers.any(|trigger| trigger.filters.iter().any(|filter| filter.matches(record)))
    };
    let queued = |record: &Value| {
        let mut triggers = template.queue_triggers.iter().filter(|trigger| trigger.function == function);
        triggers.any(|trigger| record["eventSourceARN"].as_str().is_some_and(|arn| arn.ends_with(&format!(":{}", trigger.queue))))
    };
    let scheduled = || template.schedules.iter().any(|schedule| schedule.function == function && schedule.input == *event);
    all(&streamed) || all(&queued) || scheduled()
}
