-- What the plugin adds to the configuration of the server: what it can show, and who hears what the server tells.

---@type vim.lsp.Config
return {
  capabilities = {
    workspace = { textDocumentContent = { dynamicRegistration = false } },
    experimental = { greenloop = { version = 1, questionUi = true } },
  },
  handlers = {
    ['greenloop/state'] = function(_, told)
      require('greenloop.state').heard(told)
    end,
    ['greenloop/question'] = function(_, question)
      require('greenloop.question').came(question)
    end,
    ['greenloop/questionClosed'] = function(_, closed)
      require('greenloop.question').closed(closed)
    end,
    ['workspace/textDocumentContent/refresh'] = function(_, changed)
      require('greenloop.documents').refresh(changed.uri)
      return vim.NIL
    end,
  },
  on_exit = function(code, signal, id)
    require('greenloop.restart').exited(code, signal, id)
  end,
}
