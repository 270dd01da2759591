//! The child process of `code` nodes alone. Tests start it where a host would start itself.

fn main() -> std::process::ExitCode {
    stepwell_nodes::js_child_main()
}
