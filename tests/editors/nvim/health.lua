-- `:checkhealth greenloop`: each thing that can be wrong is found and said, with what to do.

local desk = require('desk')

--- The page that a person sees.
local function page()
  vim.cmd('checkhealth greenloop')
  local text = desk.text()
  vim.cmd('bwipeout!')
  return text
end

---@param parts string[]
local function says(parts)
  local text = page()
  for _, part in ipairs(parts) do
    assert(text:find(part, 1, true), ('%s is not in\n%s'):format(part, text))
  end
  return text
end

local function program(name)
  vim.lsp.config('greenloop', { cmd = { name, 'lsp' } })
end

--- A program that answers like this.
local function answering(text)
  local file = vim.env.PROJECT .. '/../other-greenloop'
  vim.fn.writefile({ '#!/bin/sh', "printf '%s\\n' '" .. text .. "'" }, file)
  vim.fn.setfperm(file, 'rwxr-xr-x')
  return file
end

-- No project.
local elsewhere = vim.fn.tempname()
vim.fn.mkdir(elsewhere, 'p')
vim.cmd.cd(elsewhere)
says({ 'OK greenloop 0.1.0', 'WARNING no project is at or above', 'An empty greenloop.toml makes any folder a project' })

-- All well.
vim.cmd.cd(vim.env.PROJECT)
local text = says({ 'OK project ' .. vim.env.PROJECT, 'OK check unittest, because', 'OK isolation: overlay', 'OK git version' })
assert(not text:find('ERROR', 1, true), text)

-- A test tool that is not there.
local config = vim.env.PROJECT .. '/greenloop.toml'
vim.fn.writefile({ '[[check]]', 'name = "unit"', 'runner = "junit"', 'command = ["no-such-tool", "test"]', 'report = "r.xml"' }, config)
says({ 'WARNING check unit: no-such-tool was not found', 'Install it, or name another command' })

-- A configuration that cannot be read.
vim.fn.writefile({ '[[check' }, config)
says({ 'WARNING checks: ', 'greenloop.toml' })

-- A line of the doctor about anything else, such as a provider without a key, is shown as the doctor has it.
local told = {}
local health = { ok = vim.health.ok, warn = vim.health.warn }
vim.health.ok = function(what)
  table.insert(told, 'ok ' .. what)
end
vim.health.warn = function(what, advice)
  table.insert(told, 'warn ' .. what .. ' | ' .. table.concat(advice or {}, ' '))
end
require('greenloop.health').tell({
  'greenloop 0.1.0 on /p',
  '  ✔ git version 2',
  '  ✘ provider acme: ACME_API_KEY is not set',
  '      Set it where the editor is started.',
  '  ✔ state folder /s',
})
vim.health.ok, vim.health.warn = health.ok, health.warn
desk.same({
  'ok git version 2',
  'warn provider acme: ACME_API_KEY is not set | Set it where the editor is started.',
  'ok state folder /s',
}, told)

-- The program: missing, another one, another version.
program('no-such-greenloop')
says({ 'ERROR `no-such-greenloop` was not found', 'cargo install --locked --path .' })
program(answering('something else 3.2.1'))
says({ 'ERROR', 'says nothing that Greenloop would say', 'Another program has this name' })
program(answering('greenloop 0.2.0'))
says({ 'is version 0.2.0, this plugin is for 0.1.0', 'from the same version' })

local fits = require('greenloop.health').fits
desk.same({ true, true, false, true, false }, {
  fits('0.1.0', '0.1.0'), fits('0.1.0', '0.1.9'), fits('0.1.0', '0.2.0'), fits('1.0.0', '1.4.2'), fits('1.0.0', '2.0.0'),
})
