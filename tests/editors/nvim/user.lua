-- The user of a scenario: does what is said in lines of JSON on one socket, in an editor whose server is at another one.
-- Nothing of the plugin is there.

vim.o.swapfile, vim.o.fixendofline = false, false
vim.o.autoread = false
vim.cmd('filetype on')
vim.notify = function() end
local root = vim.uv.cwd() .. '/'

vim.lsp.config('greenloop', { cmd = vim.lsp.rpc.connect(vim.env.LSP_SOCKET), root_dir = vim.uv.cwd() })
vim.lsp.enable('greenloop')

local function client()
  return vim.lsp.get_clients({ name = 'greenloop' })[1]
end

local function buffer(path)
  local buf = vim.fn.bufnr('^' .. root .. path .. '$')
  assert(buf > 0, path .. ' is not open')
  if vim.api.nvim_get_current_buf() ~= buf then
    vim.cmd.buffer({ buf, bang = true })
  end
  return buf
end

local function tell_all()
  require('vim.lsp._changetracking').flush(client())
end

-- Who answers a question is told by a later order.
local asked
vim.ui.select = function(items, _, done)
  asked = { items = items, done = done }
end

--- Has Neovim list its code actions at some lines and chooses one by the beginning of its title.
local function act(order)
  buffer(order.path)
  vim.api.nvim_win_set_cursor(0, { order.first + 1, 0 })
  local listed
  local select = vim.ui.select
  vim.ui.select = function(items, _, done)
    listed = { items = items, done = done }
  end
  local range
  if order.last ~= order.first then
    range = { start = { order.first + 1, 0 }, ['end'] = { order.last + 1, 0 } }
  end
  local context = { only = order.only ~= vim.NIL and order.only or nil, triggerKind = order.automatic and 2 or 1 }
  local heard = false
  local request = vim.lsp.buf_request_all
  vim.lsp.buf_request_all = function(buf, method, params, handler)
    return request(buf, method, params, function(...)
      heard = true
      return handler(...)
    end)
  end
  vim.lsp.buf.code_action({ context = context, range = range })
  vim.wait(20000, function()
    return heard
  end, 5)
  vim.lsp.buf_request_all, vim.ui.select = request, select
  return listed
end

local function chosen(listed, title)
  for at, item in ipairs(listed and listed.items or {}) do
    local action = item.action or item
    if vim.startswith(action.title, title) then
      listed.done(item, at)
      return action.disabled == nil
    end
  end
  return false
end

local orders = {}

function orders.open(order)
  vim.cmd.edit({ root .. order.path, bang = false })
  assert(vim.wait(20000, function()
    return client() and client().initialized and vim.lsp.buf_is_attached(0, client().id)
  end, 5), 'no server')
end

function orders.close(order)
  vim.cmd.bwipeout({ buffer(order.path), bang = true })
end

function orders.save(order)
  buffer(order.path)
  vim.cmd('silent write')
end

function orders.undo(order)
  buffer(order.path)
  vim.cmd('silent undo')
  tell_all()
end

function orders.redo(order)
  buffer(order.path)
  vim.cmd('silent redo')
  tell_all()
end

function orders.type(order)
  local buf = buffer(order.path)
  local text = table.concat(vim.api.nvim_buf_get_lines(buf, 0, -1, false), '\n') .. '\n'
  local start = assert(text:find(order.old, 1, true), order.path .. ' does not hold it') - 1
  local old, new = order.old, order.new
  -- People type no more than what is new.
  while #old > 0 and #new > 0 and old:byte(1) == new:byte(1) do
    old, new, start = old:sub(2), new:sub(2), start + 1
  end
  while #old > 0 and #new > 0 and old:byte(-1) == new:byte(-1) do
    old, new = old:sub(1, -2), new:sub(1, -2)
  end
  local place = function(offset)
    local before = text:sub(1, offset)
    local line = select(2, before:gsub('\n', ''))
    return line, #before:match('[^\n]*$')
  end
  local line, column = place(start)
  local last, last_column = place(start + #old)
  local n_lines = vim.api.nvim_buf_line_count(buf)
  local lines = vim.split(new, '\n')
  if last >= n_lines then
    -- Behind the last line, whose break Neovim does not show.
    last, last_column = n_lines - 1, #vim.api.nvim_buf_get_lines(buf, -2, -1, false)[1]
    if line >= n_lines then
      line, column = last, last_column
      table.insert(lines, 1, '')
    end
    if lines[#lines] == '' and #lines > 1 then
      table.remove(lines)
    end
  end
  vim.cmd('let &undolevels = &undolevels')
  vim.api.nvim_buf_set_text(buf, line, column, last, last_column, lines)
  tell_all()
end

function orders.command(order)
  client():exec_cmd({ title = order.name, command = order.name, arguments = order.arguments })
end

function orders.action(order)
  vim.cmd('let &undolevels = &undolevels')
  return { chosen = chosen(act(order), order.title) }
end

function orders.actions(order)
  local listed = act(order)
  local actions = {}
  for _, item in ipairs(listed and listed.items or {}) do
    table.insert(actions, item.action or item)
  end
  return { actions = actions }
end

function orders.lens(order)
  local buf = buffer(order.path)
  local params = { textDocument = vim.lsp.util.make_text_document_params(buf) }
  local answer = client():request_sync('textDocument/codeLens', params, 20000, buf)
  for _, lens in ipairs(answer and answer.result or {}) do
    if lens.range.start.line == order.first and vim.startswith(lens.command.title, order.title) then
      client():exec_cmd(lens.command, { bufnr = buf })
      return { chosen = true }
    end
  end
  return { chosen = false }
end

function orders.answer(order)
  assert(vim.wait(20000, function()
    return asked ~= nil
  end, 5), 'nothing was asked')
  local open = asked
  asked = nil
  for at, item in ipairs(open.items) do
    local title = type(item) == 'table' and item.title or item
    if title == order.choice then
      return open.done(item, at)
    end
  end
  open.done(nil, nil)
end

orders['cancel-progress'] = function(order)
  client():notify('window/workDoneProgress/cancel', { token = order.token })
end

function orders.look()
  if client() and client().initialized then
    tell_all()
  end
  local documents = {}
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    local name = vim.api.nvim_buf_get_name(buf)
    if vim.api.nvim_buf_is_loaded(buf) and vim.startswith(name, root) then
      local ending = vim.bo[buf].fileformat == 'dos' and '\r\n' or '\n'
      local text = table.concat(vim.api.nvim_buf_get_lines(buf, 0, -1, false), ending)
      if vim.api.nvim_buf_call(buf, vim.fn.wordcount).bytes == 0 then
        text = ''
      elseif vim.bo[buf].endofline then
        text = text .. ending
      end
      table.insert(documents, { path = name:sub(#root + 1), text = text })
    end
  end
  return { documents = documents }
end

local pipe = assert(vim.uv.new_pipe())
local unread = ''
local function obey(line)
  local order = vim.json.decode(line)
  local ok, answer = xpcall(orders[order['do']], debug.traceback, order)
  local said = ok and (answer or { ok = true }) or { error = answer }
  pipe:write(vim.json.encode(said) .. '\n')
end
pipe:connect(vim.env.USER_SOCKET, function(err)
  assert(not err, err)
  pipe:read_start(function(_, data)
    if not data then
      return vim.schedule(function()
        vim.cmd('qall!')
      end)
    end
    unread = unread .. data
    for line in unread:gmatch('([^\n]*)\n') do
      vim.schedule(function()
        obey(line)
      end)
    end
    unread = unread:match('[^\n]*$')
  end)
end)
