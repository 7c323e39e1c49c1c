-- Neovim 0.11 or later: put this file into a `lsp/` folder of your runtime path, then `vim.lsp.enable('greenloop')`.
return {
  cmd = { 'greenloop', 'lsp' },
  root_markers = { 'greenloop.toml', '.git' },
}
