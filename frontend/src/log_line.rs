//! Lines of the build's log: a vertex that does nothing is the only one that a frontend can write there.

use buildkit_llb::{FileOp, Graph, Mkfile, OpMeta};

use crate::gateway::{Failure, Gateway, SolveOptions};

/// Shows a line.
pub(crate) async fn write(gateway: &Gateway, line: String) -> Result<(), Failure> {
    let mut graph = Graph::new();
    let file = Mkfile {
        path: "/found".to_owned(),
        data: line.clone().into_bytes(),
        mode: 0o644,
        owner: None,
        timestamp: Some(0),
    };
    let output = graph.file(FileOp::on(None).mkfile(file), OpMeta::named(line));
    let options = SolveOptions { evaluate: true, ..SolveOptions::default() };
    gateway.solve(graph.marshal(output).into_pb(), options).await?;
    Ok(())
}
