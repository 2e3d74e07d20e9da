-- mlm-lsp in Neovim: see doc/mlm-lsp.txt.
local options = require('mlm-lsp.options')
local server = require('mlm-lsp.server')

local M = {}

local begun = false

-- attached turns on, in a buffer that the server has got, what Neovim leaves to the user.
local function attached(client, buffer)
  if options.now.inlay_hints and client.server_capabilities.inlayHintProvider then vim.lsp.inlay_hint.enable(true, { bufnr = buffer }) end
  if options.now.completion then require('mlm-lsp.completion').offer(client, buffer) end
  require('mlm-lsp.completion').offer_inline(client, buffer)
end

--- setup takes the options (:help mlm-lsp-options) and has the server started where it is of use. What is wrong with an option is told, and its
--- default holds.
--- @param given? table
function M.setup(given)
  begun = true
  options.set(given)
  if #options.problems > 0 then
    server.tell(table.concat(options.problems, '\n  ') .. '\nSee :help mlm-lsp-options. The defaults hold in their place.', vim.log.levels.ERROR)
  end
  server.group = vim.api.nvim_create_augroup('mlm-lsp', {})
  server.follow(attached)
  if options.now.autostart then server.enable() end
end

--- begin is setup with the defaults, for who did not call it.
function M.begin()
  if not begun then M.setup() end
end

--- status returns a few words for a status line: what the server of the current buffer can do, "" where there is none. The event "User MlmLspStatus" tells that it has changed.
--- @return string
function M.status()
  local client = server.clients(vim.api.nvim_get_current_buf())[1]
  if not client then return '' end
  local status = server.status(client.id)
  local words = { loading = 'mlm-lsp: loading', ready = 'mlm-lsp', noModel = 'mlm-lsp: no model', paused = 'mlm-lsp: paused', error = 'mlm-lsp: failing' }
  return status and words[status.kind] or 'mlm-lsp: starting'
end

return M
