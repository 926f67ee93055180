//! The API's description (OpenAPI), made of the same list as its routes.

use http::Method;
use utoipa::openapi::content::Content;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{
    HttpMethod, Operation as Described, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
    Paths,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{
    Components, ComponentsBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, Type,
};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Info, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder, ResponsesBuilder,
};
use utoipa::{IntoParams, ToSchema};

use super::body::FILE_KINDS;
use super::call::KEY_HEADER;
use super::{DESCRIPTION, documents};
use crate::door::Role;
use crate::places::Idp;

const BEARER: &str = "token";
/// Where the least role of an address stands.
pub(super) const ROLE: &str = "x-role";

const ABOUT: &str = "What the pages do, for scripts. Each request brings an API token that an admin made \
in the settings: `Authorization: Bearer oathkit_...`; cookies do not count here. Requests that change \
something take an `Idempotency-Key`: sent again with the same key, they have the first answer. Errors are \
`{\"error\":{\"code\",\"message\",\"next\"}}`; `code` is stable. 503 says that trying again may help, and when.";

/// One address, and what is said of it.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) role: Role,
    summary: &'static str,
    parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    schemas: Vec<(String, RefOr<Schema>)>,
    answers: Vec<Answer>,
}

struct Answer {
    status: u16,
    what: &'static str,
    /// Media types, and the documents that may be in it.
    content: Vec<(&'static str, Vec<&'static str>)>,
}

impl Operation {
    pub(super) fn get(path: &'static str, role: Role, summary: &'static str) -> Self {
        Self::new(Method::GET, path, role, summary)
    }

    pub(super) fn post(path: &'static str, role: Role, summary: &'static str) -> Self {
        Self::new(Method::POST, path, role, summary)
    }

    pub(super) fn put(path: &'static str, role: Role, summary: &'static str) -> Self {
        Self::new(Method::PUT, path, role, summary)
    }

    pub(super) fn delete(path: &'static str, role: Role, summary: &'static str) -> Self {
        Self::new(Method::DELETE, path, role, summary)
    }

    fn new(method: Method, path: &'static str, role: Role, summary: &'static str) -> Self {
        Self {
            method,
            path,
            role,
            summary,
            parameters: Vec::new(),
            body: None,
            schemas: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// Takes this role at least.
    pub(super) fn least(self, role: Role) -> Self {
        Self { role, ..self }
    }

    /// Takes these parameters after the `?`.
    pub(super) fn query<T: IntoParams>(mut self) -> Self {
        self.parameters
            .extend(T::into_params(|| Some(ParameterIn::Query)));
        self
    }

    /// What it takes after the `?`, by name.
    pub(super) fn parameters(&self) -> Vec<String> {
        let parameters = self.parameters.iter();
        let asked = parameters.filter(|one| matches!(one.parameter_in, ParameterIn::Query));
        asked.map(|one| one.name.clone()).collect()
    }

    /// Takes this header.
    pub(super) fn header(mut self, name: &str, what: &str) -> Self {
        let header = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(what))
            .schema(Some(text()));
        self.parameters.push(header.build());
        self
    }

    /// Is done once for each key.
    pub(super) fn keyed(self) -> Self {
        let what = "A word of your own, 1 to 64 characters: with the same one, the same thing is not done twice.";
        self.header(KEY_HEADER, what)
    }

    /// Takes this document.
    pub(super) fn takes<T: ToSchema>(mut self) -> Self {
        let name = T::name().into_owned();
        let schema = Ref::from_schema_name(&name);
        self.schemas.push((name, T::schema()));
        T::schemas(&mut self.schemas);
        let content = Content::new(Some(schema));
        self.body = Some(body().content("application/json", content).build());
        self
    }

    /// Takes a file.
    pub(super) fn takes_file(mut self) -> Self {
        let body = FILE_KINDS.into_iter().fold(body(), |body, kind| {
            body.content(kind, Content::new(Some(text())))
        });
        self.body = Some(body.build());
        self
    }

    /// Answers with this document.
    pub(super) fn gives(self, status: u16, document: &'static str) -> Self {
        let what = documents::what(document);
        self.answers(status, what, vec![("application/json", vec![document])])
    }

    /// Answers with this document in other cases.
    pub(super) fn or_gives(mut self, document: &'static str) -> Self {
        let content = self
            .answers
            .last_mut()
            .and_then(|answer| answer.content.last_mut());
        if let Some((_, documents)) = content {
            documents.push(document);
        }
        self
    }

    /// Answers with something else than a document, too.
    pub(super) fn or(mut self, kind: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.content.push((kind, Vec::new()));
        }
        self
    }

    pub(super) fn gives_text(self, kind: &'static str, what: &'static str) -> Self {
        self.answers(200, what, vec![(kind, Vec::new())])
    }

    pub(super) fn gives_nothing(self, what: &'static str) -> Self {
        self.answers(204, what, Vec::new())
    }

    fn answers(
        mut self,
        status: u16,
        what: &'static str,
        content: Vec<(&'static str, Vec<&'static str>)>,
    ) -> Self {
        self.answers.push(Answer {
            status,
            what,
            content,
        });
        self
    }

    /// `tokens` of `/api/v1/places/{idp}/tokens/{serial}`: what it is about.
    fn tag(&self) -> &'static str {
        let segments = self.path.split('/').skip(3);
        let named = segments.filter(|segment| !segment.starts_with('{'));
        let mut named: Vec<&str> = named.collect();
        named.truncate(2);
        match named.as_slice() {
            ["places", about @ ("tokens" | "users" | "drafts")] => about,
            [first, ..] => first,
            [] => "api",
        }
    }

    fn described(&self) -> Described {
        let operation = OperationBuilder::new()
            .tag(self.tag())
            .summary(Some(self.summary))
            .operation_id(Some(id(&self.method, self.path)))
            .request_body(self.body.clone())
            .security(SecurityRequirement::new(BEARER, [""; 0]))
            .extensions(Some(role(Some(self.role))));
        let parameters = in_path(self.path).chain(self.parameters.clone());
        let operation = operation.parameters(Some(parameters));
        let errors = Answer {
            status: 0,
            what: documents::what(documents::ERROR),
            content: vec![("application/json", vec![documents::ERROR])],
        };
        let answers = self.answers.iter().chain([&errors]);
        let responses = answers.fold(ResponsesBuilder::new(), |responses, answer| {
            let status = match answer.status {
                0 => "default".to_owned(),
                status => status.to_string(),
            };
            responses.response(status, answer.response())
        });
        operation.responses(responses.build()).build()
    }
}

impl Answer {
    fn response(&self) -> utoipa::openapi::Response {
        let response = ResponseBuilder::new().description(self.what);
        let response = self.content.iter().fold(response, |response, (kind, of)| {
            response.content(*kind, Content::new(Some(one_of(of))))
        });
        response.build()
    }
}

/// One of these documents; a text where there is none.
fn one_of(documents: &[&'static str]) -> RefOr<Schema> {
    let refer = |name: &&str| Ref::from_schema_name(documents::component(name));
    match documents {
        [] => text().into(),
        [one] => refer(one).into(),
        several => {
            let one_of = several
                .iter()
                .fold(OneOfBuilder::new(), |one_of, name| one_of.item(refer(name)));
            one_of.into()
        }
    }
}

/// The description of these addresses, as it is sent.
pub(super) fn of(operations: &[Operation]) -> String {
    let mut text = document(operations).to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn document(operations: &[Operation]) -> OpenApi {
    let mut paths = Paths::new();
    for operation in operations {
        let method = method(&operation.method);
        paths.add_path_operation(operation.path, vec![method], operation.described());
    }
    paths.add_path_operation(DESCRIPTION, vec![HttpMethod::Get], this_document());
    let mut info = Info::new("Oathkit", "1");
    info.description = Some(ABOUT.to_owned());
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components(operations)))
        .build()
}

fn this_document() -> Described {
    let response = ResponseBuilder::new()
        .description("This document.")
        .content("application/json", Content::new(Some(object())));
    OperationBuilder::new()
        .tag("api")
        .summary(Some("This document. It takes no token."))
        .operation_id(Some(id(&Method::GET, DESCRIPTION)))
        .securities(Some([]))
        .extensions(Some(role(None)))
        .response("200", response)
        .build()
}

fn components(operations: &[Operation]) -> Components {
    let scheme = Http::new(HttpAuthScheme::Bearer);
    let mut components =
        ComponentsBuilder::new().security_scheme(BEARER, SecurityScheme::Http(scheme));
    for (name, schema) in operations.iter().flat_map(|operation| &operation.schemas) {
        components = components.schema(name, schema.clone());
    }
    for document in documents::all() {
        components = components.schema(documents::component(document.name), document.schema());
    }
    components.build()
}

fn role(role: Option<Role>) -> utoipa::openapi::extensions::Extensions {
    let role = serde_json::to_value(role).unwrap_or_default();
    ExtensionsBuilder::new().add(ROLE, role).build()
}

fn method(method: &Method) -> HttpMethod {
    match method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// A name for programs that make functions of this.
fn id(method: &Method, path: &str) -> String {
    let words = path.split(['/', '.', '-']).skip(3);
    let words = words.map(|word| word.trim_matches(['{', '}']));
    words.fold(method.as_str().to_lowercase(), |id, word| {
        format!("{id}_{word}")
    })
}

/// The parts of a path that stand for something.
fn in_path(path: &'static str) -> impl Iterator<Item = Parameter> {
    let names = path.split(['{', '}']).skip(1).step_by(2);
    names.map(|name| {
        let what = match name {
            "idp" => "`entra` or `okta`.",
            "serial" => "The serial number on the device; the service's id of a token without one.",
            "user" => "The user's login or id.",
            "run" => "The run's name.",
            _ => "The draft's name.",
        };
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(what));
        let schema = if name == "idp" { idp() } else { text() };
        parameter.schema(Some(schema)).build()
    })
}

fn body() -> RequestBodyBuilder {
    RequestBodyBuilder::new().required(Some(Required::True))
}

/// One of these words.
pub(super) fn words(words: impl IntoIterator<Item = String>) -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.enum_values(Some(words)).build()
}

/// The word of an identity provider.
pub(super) fn idp() -> Object {
    words(Idp::ALL.map(|idp| idp.name().to_owned()))
}

fn text() -> Object {
    ObjectBuilder::new().schema_type(Type::String).build()
}

fn object() -> Object {
    ObjectBuilder::new().schema_type(Type::Object).build()
}
