//! GraphQL: the types of a schema, and their fields.

use apollo_parser::Parser;
use apollo_parser::cst::{self, CstNode, Definition};

/// How deep types and values may nest, and how many words a schema may have.
const MAX_DEPTH: usize = 64;
const MAX_TOKENS: usize = 500_000;

/// A schema.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct GraphQl {
    /// What can be asked, changed and followed first, then all other types, by sort.
    pub(super) groups: Vec<Group>,
}

/// Types of one sort.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) sort: Sort,
    pub(super) types: Vec<Type>,
}

/// What a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// An entry into the schema: what can be asked, changed or followed.
    Root,
    Object,
    Input,
    Interface,
    Union,
    Enum,
    Scalar,
    Directive,
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Type {
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// The interfaces that it implements, or the types that it is one of.
    pub(super) others: Vec<String>,
    pub(super) fields: Vec<Field>,
    /// Whether it adds to a type that is defined elsewhere.
    pub(super) is_extension: bool,
}

/// A field, a value of an enumeration, or an argument of a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    /// As in the schema, such as `first: Int = 10`.
    pub(super) arguments: Vec<String>,
    pub(super) type_name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) is_deprecated: bool,
}

/// Why a text is no schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct SyntaxError {
    message: String,
    /// From the start of the text, in bytes.
    pub(super) offset: usize,
}

impl Sort {
    const ALL: [Sort; 8] = [
        Sort::Root,
        Sort::Object,
        Sort::Input,
        Sort::Interface,
        Sort::Union,
        Sort::Enum,
        Sort::Scalar,
        Sort::Directive,
    ];

    /// The name of the text that is its heading.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Sort::Root => "entity-graphql-root",
            Sort::Object => "entity-graphql-object",
            Sort::Input => "entity-graphql-input",
            Sort::Interface => "entity-graphql-interface",
            Sort::Union => "entity-graphql-union",
            Sort::Enum => "entity-graphql-enum",
            Sort::Scalar => "entity-graphql-scalar",
            Sort::Directive => "entity-graphql-directive",
        }
    }
}

impl GraphQl {
    /// Reads a schema.
    ///
    /// # Errors
    ///
    /// The first thing that is not as the language has it, or that the text is too large or too
    /// deep to be read.
    pub(super) fn read(text: &str) -> Result<GraphQl, SyntaxError> {
        let tree = Parser::new(text)
            .recursion_limit(MAX_DEPTH)
            .token_limit(MAX_TOKENS)
            .parse();
        if let Some(error) = tree.errors().next() {
            return Err(SyntaxError {
                message: error.message().to_owned(),
                offset: error.index().min(text.len()),
            });
        }
        let document = tree.document();
        let roots = roots(&document);
        let mut groups: Vec<Group> = Sort::ALL
            .into_iter()
            .map(|sort| Group {
                sort,
                types: Vec::new(),
            })
            .collect();
        for definition in document.definitions() {
            let Some((sort, found)) = read_definition(&definition) else {
                continue;
            };
            let is_root = sort == Sort::Object && roots.contains(&found.name);
            let sort = if is_root { Sort::Root } else { sort };
            // INVARIANT: there is a group for each sort.
            if let Some(group) = groups.iter_mut().find(|group| group.sort == sort) {
                group.types.push(found);
            }
        }
        groups.retain(|group| !group.types.is_empty());
        Ok(GraphQl { groups })
    }

    /// How many types it has.
    pub(super) fn type_count(&self) -> usize {
        self.groups.iter().map(|group| group.types.len()).sum()
    }
}

/// The types that are entries: those of the schema, or those with the usual names.
fn roots(document: &cst::Document) -> Vec<String> {
    let named = document
        .definitions()
        .filter_map(|definition| match definition {
            Definition::SchemaDefinition(schema) => Some(schema),
            _ => None,
        });
    let named: Vec<String> = named
        .flat_map(|schema| schema.root_operation_type_definitions())
        .filter_map(|root| Some(root.named_type()?.name()?.text().to_string()))
        .collect();
    match named.is_empty() {
        true => ["Query", "Mutation", "Subscription"]
            .map(str::to_owned)
            .to_vec(),
        false => named,
    }
}

fn read_definition(definition: &Definition) -> Option<(Sort, Type)> {
    let name = definition.name()?.text().to_string();
    let is_extension = definition.is_extension_definition();
    let (sort, description, others, fields) = match definition {
        Definition::ObjectTypeDefinition(found) => (
            Sort::Object,
            description(found.description()),
            interfaces(found.implements_interfaces()),
            fields(found.fields_definition()),
        ),
        Definition::ObjectTypeExtension(found) => (
            Sort::Object,
            None,
            interfaces(found.implements_interfaces()),
            fields(found.fields_definition()),
        ),
        Definition::InterfaceTypeDefinition(found) => (
            Sort::Interface,
            description(found.description()),
            interfaces(found.implements_interfaces()),
            fields(found.fields_definition()),
        ),
        Definition::InterfaceTypeExtension(found) => (
            Sort::Interface,
            None,
            interfaces(found.implements_interfaces()),
            fields(found.fields_definition()),
        ),
        Definition::InputObjectTypeDefinition(found) => (
            Sort::Input,
            description(found.description()),
            Vec::new(),
            inputs(found.input_fields_definition()),
        ),
        Definition::InputObjectTypeExtension(found) => (
            Sort::Input,
            None,
            Vec::new(),
            inputs(found.input_fields_definition()),
        ),
        Definition::UnionTypeDefinition(found) => (
            Sort::Union,
            description(found.description()),
            members(found.union_member_types()),
            Vec::new(),
        ),
        Definition::UnionTypeExtension(found) => (
            Sort::Union,
            None,
            members(found.union_member_types()),
            Vec::new(),
        ),
        Definition::EnumTypeDefinition(found) => (
            Sort::Enum,
            description(found.description()),
            Vec::new(),
            values(found.enum_values_definition()),
        ),
        Definition::EnumTypeExtension(found) => (
            Sort::Enum,
            None,
            Vec::new(),
            values(found.enum_values_definition()),
        ),
        Definition::ScalarTypeDefinition(found) => (
            Sort::Scalar,
            description(found.description()),
            Vec::new(),
            Vec::new(),
        ),
        Definition::DirectiveDefinition(found) => (
            Sort::Directive,
            description(found.description()),
            Vec::new(),
            found
                .arguments_definition()
                .into_iter()
                .flat_map(|arguments| arguments.input_value_definitions())
                .filter_map(|input| input_field(&input))
                .collect(),
        ),
        _ => return None,
    };
    let found = Type {
        name,
        description,
        others,
        fields,
        is_extension,
    };
    Some((sort, found))
}

fn description(description: Option<cst::Description>) -> Option<String> {
    let text = String::from(description?.string_value()?);
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn interfaces(interfaces: Option<cst::ImplementsInterfaces>) -> Vec<String> {
    let named = interfaces.into_iter().flat_map(|found| found.named_types());
    named.map(|named| source(&named)).collect()
}

fn members(members: Option<cst::UnionMemberTypes>) -> Vec<String> {
    let named = members.into_iter().flat_map(|found| found.named_types());
    named.map(|named| source(&named)).collect()
}

fn fields(fields: Option<cst::FieldsDefinition>) -> Vec<Field> {
    let fields = fields
        .into_iter()
        .flat_map(|found| found.field_definitions());
    let field = |field: cst::FieldDefinition| {
        let arguments = field.arguments_definition().into_iter();
        let arguments = arguments.flat_map(|found| found.input_value_definitions());
        Some(Field {
            name: field.name()?.text().to_string(),
            arguments: arguments.filter_map(|input| argument(&input)).collect(),
            type_name: field.ty().map(|found| source(&found)),
            description: description(field.description()),
            is_deprecated: is_deprecated(field.directives()),
        })
    };
    fields.filter_map(field).collect()
}

fn inputs(fields: Option<cst::InputFieldsDefinition>) -> Vec<Field> {
    let fields = fields
        .into_iter()
        .flat_map(|found| found.input_value_definitions());
    fields.filter_map(|input| input_field(&input)).collect()
}

fn input_field(input: &cst::InputValueDefinition) -> Option<Field> {
    Some(Field {
        name: input.name()?.text().to_string(),
        arguments: Vec::new(),
        type_name: input.ty().map(|found| source(&found)),
        description: description(input.description()),
        is_deprecated: is_deprecated(input.directives()),
    })
}

fn values(values: Option<cst::EnumValuesDefinition>) -> Vec<Field> {
    let values = values
        .into_iter()
        .flat_map(|found| found.enum_value_definitions());
    let value = |value: cst::EnumValueDefinition| {
        Some(Field {
            name: source(&value.enum_value()?),
            arguments: Vec::new(),
            type_name: None,
            description: description(value.description()),
            is_deprecated: is_deprecated(value.directives()),
        })
    };
    values.filter_map(value).collect()
}

fn argument(input: &cst::InputValueDefinition) -> Option<String> {
    let name = input.name()?.text().to_string();
    let type_name = source(&input.ty()?);
    let default = input.default_value().map(|default| source(&default));
    Some(match default {
        Some(default) => format!("{name}: {type_name} {default}"),
        None => format!("{name}: {type_name}"),
    })
}

fn is_deprecated(directives: Option<cst::Directives>) -> bool {
    let directives = directives.into_iter().flat_map(|found| found.directives());
    directives
        .filter_map(|directive| directive.name())
        .any(|name| name.text() == "deprecated")
}

/// A part of the schema as written, without what stands around it.
fn source(node: &impl CstNode) -> String {
    node.syntax().text().to_string().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEATS: &str = r#"
        "What can be asked."
        type Query { seats(first: Int = 10, house: String): [Seat!]! "One." seat(id: ID!): Seat @deprecated }
        interface Node { id: ID! }
        """
        A chair.
        """
        type Seat implements Node { id: ID!  state: State }
        enum State { FREE "Somebody is paying." HELD }
        union Found = Seat | State2
        input Filter { house: String! }
        extend type Seat { price: Int }
        scalar Money
        directive @internal(reason: String) on FIELD_DEFINITION
    "#;

    #[test]
    fn types_stand_by_sort_with_their_fields() {
        let schema = GraphQl::read(SEATS).unwrap();

        let told: Vec<_> = schema
            .groups
            .iter()
            .map(|group| {
                let names: Vec<_> = group
                    .types
                    .iter()
                    .map(|found| found.name.as_str())
                    .collect();
                (group.sort, names.join(" "))
            })
            .collect();
        assert_eq!(
            told,
            [
                (Sort::Root, "Query".to_owned()),
                (Sort::Object, "Seat Seat".to_owned()),
                (Sort::Input, "Filter".to_owned()),
                (Sort::Interface, "Node".to_owned()),
                (Sort::Union, "Found".to_owned()),
                (Sort::Enum, "State".to_owned()),
                (Sort::Scalar, "Money".to_owned()),
                (Sort::Directive, "internal".to_owned()),
            ]
        );
        let query = &schema.groups[0].types[0];
        assert_eq!(query.description.as_deref(), Some("What can be asked."));
        assert_eq!(
            query.fields[0].arguments,
            ["first: Int = 10", "house: String"]
        );
        assert_eq!(query.fields[0].type_name.as_deref(), Some("[Seat!]!"));
        assert_eq!(query.fields[1].description.as_deref(), Some("One."));
        assert!(query.fields[1].is_deprecated);
        let seat = &schema.groups[1].types[0];
        assert_eq!(
            (seat.description.as_deref(), &seat.others[..]),
            (Some("A chair."), &["Node".to_owned()][..])
        );
        assert_eq!(schema.groups[5].types[0].fields[1].name, "HELD");
    }

    #[test]
    fn a_broken_schema_says_where() {
        let error = GraphQl::read("type Query { seats: }").unwrap_err();

        assert!(error.offset >= 13, "{error:?}");
    }

    #[test]
    fn depth_without_end_is_refused() {
        let deep = format!("type Query {{ a: {}Int }}", "[".repeat(100_000));

        assert!(GraphQl::read(&deep).is_err());
    }
}
