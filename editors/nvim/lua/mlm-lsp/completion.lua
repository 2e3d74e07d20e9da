-- Completions while one types, by what Neovim has itself, and text shown in place. Who has a completion engine keeps it: to it the server is a source like any other.
local options = require('mlm-lsp.options')

local M = {}

local letters = {}
for c in ('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789'):gmatch('.') do table.insert(letters, c) end

--- engine returns the name of what completes already while one types, or nil.
--- @return string?
function M.engine()
  for _, name in ipairs({ 'cmp', 'blink.cmp', 'mini.completion', 'coq' }) do
    if package.loaded[name] then return name end
  end
  if vim.fn.exists('&autocomplete') == 1 and vim.o.autocomplete then return "'autocomplete'" end
end

local chosen -- whether the user has set 'completeopt'; it counts as set in all buffers once the plugin has set it in one

-- enable has Neovim ask the server while one types in a buffer, and returns whether it does.
local function enable(client, buffer)
  if M.engine() or client:is_stopped() or not vim.lsp.buf_is_attached(buffer, client.id) then return false end
  local provider = client.server_capabilities.completionProvider
  if not provider then return false end
  -- Neovim asks at these characters only; see :help lsp-autocompletion.
  local triggers = provider.triggerCharacters or {}
  for _, letter in ipairs(letters) do
    if not vim.list_contains(triggers, letter) then table.insert(triggers, letter) end
  end
  provider.triggerCharacters = triggers
  -- What Neovim does unless told would write the only name before it was chosen.
  local option = vim.api.nvim_get_option_info2('completeopt', {})
  if chosen == nil then chosen = option.was_set end
  if not chosen and vim.go.completeopt == option.default and vim.bo[buffer].completeopt == '' then vim.bo[buffer].completeopt = 'menuone,noselect,popup' end
  vim.lsp.completion.enable(true, client.id, buffer, { autotrigger = true })
  return true
end

-- catch_up asks about what was typed before anybody could be asked: Neovim asks at the key, and not again. Without it, who types at once sees no names until the next letter.
local function catch_up(client, buffer, typed)
  if vim.api.nvim_get_current_buf() ~= buffer or vim.api.nvim_get_mode().mode ~= 'i' or vim.fn.pumvisible() == 1 or not typed() then return end
  local last = vim.api.nvim_get_current_line():sub(1, vim.api.nvim_win_get_cursor(0)[2]):sub(-1)
  if vim.list_contains(client.server_capabilities.completionProvider.triggerCharacters, last) then vim.lsp.completion.get() end
end

-- begin enables completion in the midst of inserting; typed tells whether something was written already. A server that is not ready offers nothing, so that it is asked when it is.
local function begin(client, buffer, typed)
  if not enable(client, buffer) then return end
  local server = require('mlm-lsp.server')
  local function ready()
    local status = server.status(client.id)
    if not status or status.kind ~= 'ready' then return client:is_stopped() end
    catch_up(client, buffer, typed)
    return true
  end
  if not ready() then vim.api.nvim_create_autocmd('User', { group = server.group, pattern = 'MlmLspStatus', callback = ready }) end
end

--- offer has completions shown while one types in a buffer, from Neovim 0.11 on, unless an engine does so.
--- @param client vim.lsp.Client
--- @param buffer integer
function M.offer(client, buffer)
  if vim.fn.has('nvim-0.11') == 0 then return end
  if vim.api.nvim_get_mode().mode:sub(1, 1) == 'i' then
    begin(client, buffer, function() return vim.bo[buffer].modified end)
    return
  end
  -- Engines are often loaded as late as this.
  vim.api.nvim_create_autocmd('InsertEnter', {
    group = require('mlm-lsp.server').group,
    buffer = buffer,
    once = true,
    callback = function()
      local before = vim.b[buffer].changedtick
      vim.schedule(function()
        begin(client, buffer, function() return vim.b[buffer].changedtick ~= before end)
      end)
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
