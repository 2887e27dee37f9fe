//! What a package is called, in whichever form it is asked for.

/// Gives the name of a package without where it comes from, its version, and a last `-dynamic`.
///
/// A folder of the image, an npm package, an archive, a Git repository and an OCI image may all
/// hold the same plugin. A scope becomes part of the name, as in the folders of the original
/// image: `@scope/name` is `scope-name`.
pub fn name_of(package: &str) -> String {
    let package = package.trim();
    let name = if let Some(image) = package.strip_prefix("oci://") {
        of_image(image)
    } else if let Some(path) = package.strip_prefix("./") {
        last_segment(path).to_owned()
    } else if is_git(package) {
        let repository = package
            .split_once('#')
            .map_or(package, |(before, _)| before);
        last_segment(repository).trim_end_matches(".git").to_owned()
    } else if let Some((_, address)) = package.split_once("://") {
        of_archive(address)
    } else {
        of_npm(package)
    };
    match name.strip_suffix("-dynamic") {
        Some(without) => without.to_owned(),
        None => name,
    }
}

/// `registry/repository:tag!path`, where the path is the plugin's folder in the image.
fn of_image(image: &str) -> String {
    if let Some((_, path)) = image.split_once('!') {
        return last_segment(path).to_owned();
    }
    let repository = last_segment(image);
    let end = repository.find(['@', ':']).unwrap_or(repository.len());
    repository[..end].to_owned()
}

/// `host/path/name-1.0.0.tgz`, or `host/@scope/name/-/name-1.0.0.tgz` as npm registries have it.
fn of_archive(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    if let Some((package, _)) = path.split_once("/-/") {
        let mut segments = package.rsplitn(3, '/');
        let name = segments.next().unwrap_or_default();
        return match segments.next().and_then(|scope| scope.strip_prefix('@')) {
            Some(scope) => format!("{scope}-{name}"),
            None => name.to_owned(),
        };
    }
    let file = last_segment(path);
    let stem = [".tgz", ".tar.gz"]
        .iter()
        .find_map(|end| file.strip_suffix(end));
    without_version(stem.unwrap_or(file)).to_owned()
}

/// `name`, `name@version`, `@scope/name` or `@scope/name@version`.
fn of_npm(package: &str) -> String {
    let (scope, name) = match package
        .strip_prefix('@')
        .and_then(|rest| rest.split_once('/'))
    {
        Some((scope, name)) => (Some(scope), name),
        None => (None, package),
    };
    let name = name.split('@').next().unwrap_or_default();
    match scope {
        Some(scope) => format!("{scope}-{name}"),
        None => name.to_owned(),
    }
}

fn is_git(package: &str) -> bool {
    let hosts = ["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:"];
    hosts.iter().any(|start| package.starts_with(start))
}

fn last_segment(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit_once('/').map_or(path, |(_, last)| last)
}

/// Cuts `-1.2.3` and what follows it, as in the name of an archive that npm packs.
fn without_version(stem: &str) -> &str {
    let version = stem.match_indices('-').find(|(at, _)| {
        let rest = &stem[at + 1..];
        let number = rest.bytes().take_while(u8::is_ascii_digit).count();
        number > 0 && rest[number..].starts_with('.')
    });
    version.map_or(stem, |(at, _)| &stem[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_package_has_the_same_name() {
        for package in [
            "./dynamic-plugins/dist/backstage-community-plugin-ocm-backend-dynamic",
            "./dynamic-plugins/dist/backstage-community-plugin-ocm-backend-dynamic/",
            "@backstage-community/plugin-ocm-backend-dynamic",
            "@backstage-community/plugin-ocm-backend@5.2.5",
            "https://npm.example.com/@backstage-community/plugin-ocm-backend/-/plugin-ocm-backend-5.2.5.tgz",
            "https://files.example.com/backstage-community-plugin-ocm-backend-dynamic-5.2.5.tgz",
            "oci://registry.example.com/plugins/all:1.4!backstage-community-plugin-ocm-backend",
            "oci://registry.example.com/backstage-community-plugin-ocm-backend:v5.2.5",
            "oci://registry.example.com:5000/backstage-community-plugin-ocm-backend@sha256:00",
            "oci://registry.example.com/backstage-community-plugin-ocm-backend:{{inherit}}",
            "git+https://example.com/plugins/backstage-community-plugin-ocm-backend.git#main",
        ] {
            assert_eq!(
                name_of(package),
                "backstage-community-plugin-ocm-backend",
                "{package}"
            );
        }
    }

    #[test]
    fn a_package_without_a_scope_or_version_is_its_own_name() {
        for (package, name) in [
            ("roadmap", "roadmap"),
            ("roadmap@latest", "roadmap"),
            ("./local/roadmap-2", "roadmap-2"),
            ("github:stage/roadmap#v2", "roadmap"),
            ("https://example.com/roadmap.tgz", "roadmap"),
            ("", ""),
        ] {
            assert_eq!(name_of(package), name, "{package}");
        }
    }
}
