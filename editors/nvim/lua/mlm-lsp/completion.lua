-- Completions while one types, by what Neovim has itself, and text shown in place. Who has a completion engine keeps it: to it the server is a source like any other.
local options = require('mlm-lsp.options')

local M = {}

local letters = {}
for c in ('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_'):gmatch('.') do table.insert(letters, c) end

--- engine returns the name of what completes already while one types, or nil.
--- @return string?
function M.engine()
  for _, name in ipairs({ 'cmp', 'blink.cmp', 'mini.completion', 'coq' }) do
    if package.loaded[name] then return name end
  end
  if vim.fn.exists('&autocomplete') == 1 and vim.o.autocomplete then return "'autocomplete'" end
end

local function enable(client, buffer)
  if M.engine() or client:is_stopped() or not vim.lsp.buf_is_attached(buffer, client.id) then return end
  local provider = client.server_capabilities.completionProvider
  if not provider then return end
  -- Neovim asks at these characters only; see :help lsp-autocompletion.
  local triggers = provider.triggerCharacters or {}
  for _, letter in ipairs(letters) do
    if not vim.list_contains(triggers, letter) then table.insert(triggers, letter) end
  end
  provider.triggerCharacters = triggers
  -- What Neovim does unless told would write the first name before it was chosen.
  if not vim.api.nvim_get_option_info2('completeopt', {}).was_set then vim.bo[buffer].completeopt = 'menuone,noselect,popup' end
  vim.lsp.completion.enable(true, client.id, buffer, { autotrigger = true })
end

--- offer has completions shown while one types in a buffer, from Neovim 0.11 on, unless an engine does so.
--- @param client vim.lsp.Client
--- @param buffer integer
function M.offer(client, buffer)
  if vim.fn.has('nvim-0.11') == 0 then return end
  if vim.api.nvim_get_mode().mode:sub(1, 1) == 'i' then
    enable(client, buffer)
    return
  end
  -- Engines are often loaded as late as this.
  vim.api.nvim_create_autocmd('InsertEnter', {
    group = require('mlm-lsp.server').group,
    buffer = buffer,
    once = true,
    callback = function()
      vim.schedule(function() enable(client, buffer) end)
    end,
  })
end

--- offer_inline has the rest of an expression shown in place, where the settings ask for that and Neovim can (0.12), and sets the key that takes it.
--- @param client vim.lsp.Client
--- @param buffer integer
function M.offer_inline(client, buffer)
  if not vim.lsp.inline_completion or vim.tbl_get(client.config.settings, 'mlm-lsp', 'completion', 'inline') ~= true then return end
  vim.lsp.inline_completion.enable(true, { client_id = client.id })
  local key = options.now.accept_inline
  if not key then return end
  vim.keymap.set('i', key, function()
    if not vim.lsp.inline_completion.get({ bufnr = buffer }) then return key end
  end, { expr = true, buffer = buffer, desc = 'take the text that mlm-lsp shows' })
end

return M
