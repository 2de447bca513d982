//! What is left open by a plan until the files of its bases are known: the accounts that stages are to have, and which
//! steps are layers apart.
//!
//! What can be read is read at once, for all platforms: two round trips, solve and read. Two more follow each time that a
//! stage with `users` starts from a stage whose steps may have changed what the first ones tell.

use buildkit_llb::Definition;
use spec_schema::diagnostic::{Diagnostic, Faults};
use tokio::task::JoinSet;

use crate::accounts::AccountFiles;
use crate::build::lower_all;
use crate::compile::Compiled;
use crate::explain_failure;
use crate::gateway::{DaemonInfo, Failure, Gateway, GatewayError};
use crate::inspect::{self, Unread};
use crate::layers::{self, Facts};
use crate::lower::{Abilities, Surroundings, lower_base};
use crate::opts::FrontendOpts;
use crate::plan::BuildPlan;
use crate::report::failure;
use crate::select::Source;
use crate::users::Known;

/// What was read for the plan at a position.
enum Found {
    Facts(usize, Facts),
    Accounts(usize, usize, Result<AccountFiles, Unread>),
}

/// Fills in what depends on the files of bases.
pub(crate) async fn settle(
    gateway: &Gateway,
    opts: &FrontendOpts,
    daemon: &DaemonInfo,
    compiled: &mut Compiled,
) -> Result<(), Failure> {
    settle_with(gateway, opts, daemon, compiled, true).await
}

/// The same as far as images tell: no step is run, so the accounts of stages that start from what steps have made stay open.
pub(crate) async fn settle_without_steps(
    gateway: &Gateway,
    opts: &FrontendOpts,
    daemon: &DaemonInfo,
    compiled: &mut Compiled,
) -> Result<(), Failure> {
    settle_with(gateway, opts, daemon, compiled, false).await
}

async fn settle_with(
    gateway: &Gateway,
    opts: &FrontendOpts,
    daemon: &DaemonInfo,
    compiled: &mut Compiled,
    runs_steps: bool,
) -> Result<(), Failure> {
    let abilities = Abilities::of(daemon);
    let plans = compiled.plans.len();
    let (known, facts) = (vec![Known::default(); plans], vec![Some(Facts::default()); plans]);
    let mut settling = Settling { gateway, opts, daemon, abilities, runs_steps, known, facts };
    let mut reads = JoinSet::new();
    if abilities.merges {
        settling.ask_for_layers(compiled, &mut reads)?;
    }
    loop {
        settling.make(compiled)?;
        if settling.ask_for_accounts(compiled, &mut reads)? {
            // Steps are about to run: what the daemon lacks is told before.
            lower_all(compiled, opts, daemon)?;
        }
        if reads.is_empty() {
            return Ok(());
        }
        for found in std::mem::take(&mut reads).join_all().await {
            settling.learn(found, compiled).await?;
        }
    }
}

struct Settling<'a> {
    gateway: &'a Gateway,
    opts: &'a FrontendOpts,
    daemon: &'a DaemonInfo,
    abilities: Abilities,
    /// Whether steps may be run to know who their users are.
    runs_steps: bool,
    /// The accounts of each plan.
    known: Vec<Known>,
    /// What the base of each plan's target holds; `None` while that is asked for.
    facts: Vec<Option<Facts>>,
}

impl Settling<'_> {
    /// Asks what is at the paths that steps write to.
    ///
    /// To look into a base is to fetch it. Where there is a cache elsewhere, all that is built may be there, and the base is needed for
    /// nothing: steps then stand on it, as those of a Dockerfile do, unless the spec says `link`.
    fn ask_for_layers(&mut self, compiled: &Compiled, reads: &mut JoinSet<Found>) -> Result<(), Failure> {
        if !self.opts.cache_imports.is_empty() {
            return Ok(());
        }
        for (index, plan) in compiled.plans.iter().enumerate() {
            let Some(questions) = layers::questions(plan) else { continue };
            self.facts[index] = None;
            let base = self.base(plan, questions.stage, compiled)?;
            let gateway = self.gateway.clone();
            reads.spawn_local(async move {
                Found::Facts(index, inspect::facts(&gateway, base, &questions).await)
            });
        }
        Ok(())
    }

    /// Asks who the users of bases are; true where steps have to run for that.
    fn ask_for_accounts(&self, compiled: &Compiled, reads: &mut JoinSet<Found>) -> Result<bool, Failure> {
        let mut runs = false;
        for (index, (plan, known)) in compiled.plans.iter().zip(&self.known).enumerate() {
            // Until it is decided where their changes are made, no steps can be run.
            let runs_steps = self.runs_steps && self.facts[index].is_some();
            for stage in known.wanted(plan, runs_steps) {
                runs |= matches!(plan.stages[stage].base, Source::Stage(_));
                let base = self.base(plan, stage, compiled)?;
                let (gateway, imports) = (self.gateway.clone(), self.opts.cache_imports.clone());
                reads.spawn_local(async move {
                    Found::Accounts(index, stage, inspect::account_files(&gateway, base, imports).await)
                });
            }
        }
        Ok(runs)
    }

    fn base(
        &self,
        plan: &BuildPlan,
        stage: usize,
        compiled: &Compiled,
    ) -> Result<Option<Definition>, Failure> {
        let Compiled { files, context, ignored, .. } = compiled;
        let (opts, ignored) = (self.opts, ignored.patterns.as_slice());
        let surroundings = Surroundings { opts, files, context, ignored, abilities: self.abilities };
        let base = lower_base(plan, stage, &compiled.resolved, &surroundings);
        // Then all that is wrong with the build is told.
        base.map_err(|faults| {
            lower_all(compiled, opts, self.daemon).err().unwrap_or_else(|| failure(files, faults))
        })
    }

    async fn learn(&mut self, found: Found, compiled: &Compiled) -> Result<(), Failure> {
        match found {
            Found::Facts(index, facts) => self.facts[index] = Some(facts),
            Found::Accounts(index, stage, Ok(files)) => self.known[index].learn(stage, files),
            Found::Accounts(index, _, Err(Unread::Base(error))) => {
                return Err(explain_failure::explain(self.gateway, self.opts, error, index, compiled).await);
            }
            Found::Accounts(index, stage, Err(Unread::File(path, error))) => {
                let span = compiled.plans[index].stages[stage].from_span;
                let why = match &error {
                    GatewayError::FileTooLarge { limit, .. } => format!("has more than {limit} bytes"),
                    error if error.is_no_file() => "is not a file".to_owned(),
                    _ => return Err(error.into()),
                };
                let message = format!("`{path}` of what this stage starts from {why}");
                let mut faults = Faults::new();
                faults.push(Diagnostic::new(span, message));
                return Err(failure(&compiled.files, faults));
            }
        }
        Ok(())
    }

    /// Fills in what is known by now.
    fn make(&mut self, compiled: &mut Compiled) -> Result<(), Failure> {
        let mut faults = Faults::new();
        for ((plan, known), facts) in compiled.plans.iter_mut().zip(&mut self.known).zip(&self.facts) {
            known.make(plan, &mut faults);
            if let (true, Some(facts)) = (self.abilities.merges, facts) {
                layers::arrange(plan, facts, known.complete(plan));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(failure(&compiled.files, faults)) }
    }
}
