//! BuildKit LLB.
