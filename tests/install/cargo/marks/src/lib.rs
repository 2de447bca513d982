use proc_macro::TokenStream;

#[proc_macro]
pub fn comma(_: TokenStream) -> TokenStream {
    "\",\"".parse().unwrap()
}
