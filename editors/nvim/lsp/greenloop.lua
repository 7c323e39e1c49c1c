-- Neovim 0.11 or later. The plugin enables this by itself; alone in a `lsp/` folder of your runtime path it needs
-- `vim.lsp.enable('greenloop')`, and works without the rest.

local markers = { 'greenloop.toml', '.git', { 'Cargo.toml', 'pyproject.toml', 'package.json', 'go.mod' } }

-- Registered for plans only, so that nothing stands in the way of a language's own server.
local dynamic = { dynamicRegistration = true }

---@type vim.lsp.Config
return {
  cmd = { 'greenloop', 'lsp' },
  -- A plan is a file outside the project; it belongs to the project that Neovim is in.
  root_dir = function(buf, on_dir)
    on_dir(vim.fs.root(buf, markers) or vim.fs.root(vim.fn.getcwd(), markers) or vim.fn.getcwd())
  end,
  capabilities = {
    textDocument = { completion = dynamic, documentSymbol = dynamic, foldingRange = dynamic },
  },
}
