-- `:checkhealth greenloop`: what stands in the way, and what to do about it.

local M = {}

---@return string program as it is configured
local function program()
  local cmd = vim.lsp.config.greenloop and vim.lsp.config.greenloop.cmd
  return type(cmd) == 'table' and cmd[1] or 'greenloop'
end

---@param name string
---@return string? version
local function version_of(name)
  local ran, ended = pcall(function()
    return vim.system({ name, '--version' }, { text = true }):wait(10000)
  end)
  return ran and ended.code == 0 and ended.stdout:match('greenloop (%d+%.%d+%.%d+)') or nil
end

--- Whether two versions understand each other: before 1.0 the second number must be the same.
---@param ours string
---@param theirs string
function M.fits(ours, theirs)
  local a, b = vim.version.parse(ours), vim.version.parse(theirs)
  return a and b and a.major == b.major and (a.major > 0 or a.minor == b.minor) or false
end

---@return boolean usable
local function check_program()
  vim.health.start('Greenloop: program')
  local name = program()
  if vim.fn.executable(name) == 0 then
    vim.health.error(('`%s` was not found'):format(name), {
      'From a clone of Greenloop: cargo install --locked --path .',
      "Or say where it is: vim.lsp.config('greenloop', { cmd = { '/path/to/greenloop', 'lsp' } })",
    })
    return false
  end
  local ours, theirs = require('greenloop.version'), version_of(name)
  if not theirs then
    vim.health.error(('`%s --version` says nothing that Greenloop would say'):format(name), {
      'Another program has this name; put the right one first on the PATH.',
    })
    return false
  end
  if not M.fits(ours, theirs) then
    vim.health.error(('`%s` is version %s, this plugin is for %s'):format(name, theirs, ours), {
      'Install the program and the plugin from the same version.',
    })
    return false
  end
  vim.health.ok(('%s %s at %s'):format(name, theirs, vim.fn.exepath(name)))
  return true
end

---@return string? root
local function check_project()
  vim.health.start('Greenloop: project')
  local client = vim.lsp.get_clients({ name = 'greenloop' })[1]
  local markers = { 'greenloop.toml', '.git', 'Cargo.toml', 'pyproject.toml', 'package.json', 'go.mod' }
  local root = client and client.root_dir or vim.fs.root(vim.fn.getcwd(), markers)
  if not root then
    vim.health.warn(('no project is at or above %s'):format(vim.fn.getcwd()), {
      'Open a file of a project: a folder with one of ' .. table.concat(markers, ', ') .. '.',
      'An empty greenloop.toml makes any folder a project.',
    })
    return nil
  end
  vim.health.ok('project ' .. root)
  if client then
    vim.health.ok('the server is running')
  else
    vim.health.info('no server is running yet; it starts with the first file of the project')
  end
  return root
end

--- Shows what `greenloop doctor` finds: each line with a mark, what to do about it indented below.
---@param lines string[]
function M.tell(lines)
  local at = 1
  while at <= #lines do
    local mark, what = lines[at]:match('^%s*([✔✘]%S*) (.*)$')
    local advice = {}
    while lines[at + 1] and lines[at + 1]:match('^      %S') do
      table.insert(advice, vim.trim(lines[at + 1]))
      at = at + 1
    end
    if mark == '✔' then
      vim.health.ok(what)
    elseif mark == '✘' then
      vim.health.warn(what, #advice > 0 and advice or nil)
    end
    at = at + 1
  end
end

---@param root string
local function check_machine(root)
  vim.health.start('Greenloop: checks, machine, providers (greenloop doctor)')
  local ended = vim.system({ program(), 'doctor', root }, { text = true }):wait(60000)
  local lines = vim.split(ended.stdout or '', '\n')
  M.tell(lines)
  if not (ended.stdout or ''):find('✔', 1, true) then
    vim.health.error(vim.trim((ended.stderr or '') .. (ended.stdout or '')))
  end
end

function M.check()
  if not check_program() then
    return
  end
  local root = check_project()
  if root then
    check_machine(root)
  end
end

return M
