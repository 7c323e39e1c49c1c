-- Runs one journey and ends the editor with its verdict.
local here = vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2))
package.path = here .. '/?.lua;' .. package.path
local ok, err = xpcall(dofile, debug.traceback, here .. '/' .. vim.env.JOURNEY .. '.lua')
if not ok then
  io.stdout:write(tostring(err), '\n')
end
vim.cmd(ok and 'qall!' or 'cquit 1')
