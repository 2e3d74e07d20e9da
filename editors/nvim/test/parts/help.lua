-- The help: its tags are made without a complaint, its links lead somewhere, and it says what is there.
local child = require('child')

child.test('the help', nil, function(c)
  c:lua([[
    local doc = vim.api.nvim_get_runtime_file('doc/mlm-lsp.txt', false)[1]
    -- The plugin's folder is not to be written to, so its help is read from a copy.
    local copy = vim.fn.tempname()
    vim.fn.mkdir(copy .. '/doc', 'p')
    vim.fn.writefile(vim.fn.readfile(doc), copy .. '/doc/mlm-lsp.txt')
    vim.opt.runtimepath:prepend(copy)
    vim.cmd.helptags(copy .. '/doc')
    text = table.concat(vim.fn.readfile(doc), '\n')
  ]])
  local lost = c:lua([[
    local lost = {}
    for tag in text:gmatch('|([^|%s]+)|') do
      if not vim.list_contains(vim.fn.getcompletion(tag, 'help'), tag) and #vim.fn.taglist('^\\V' .. vim.fn.escape(tag, '\\') .. '\\$') == 0 then
        -- taglist looks into tags, not into the help; this is how help itself looks.
        if not pcall(vim.cmd.help, { args = { tag } }) then table.insert(lost, tag) end
        pcall(vim.cmd.helpclose)
      end
    end
    return lost
  ]])
  -- Neovim 0.10 knows nothing of some things that the help speaks of.
  if vim.fn.has('nvim-0.11') == 1 then
    c:expect('every link leads somewhere: ' .. vim.inspect(lost), function() return #lost == 0 end)
  end
  c:keys(':help mlm-lsp-heat<CR>')
  c:expect('it opens', function() return vim.endswith(c:call('nvim_buf_get_name', 0), 'mlm-lsp.txt') end)
  local missing = c:lua([[
    local missing = {}
    for name, option in pairs(require('mlm-lsp.options').all) do
      local at = text:find('*mlm-lsp-options-' .. name .. '*', 1, true) or text:find('*mlm-lsp-' .. name .. '*', 1, true)
      local entry = at and text:sub(at, (text:find('\n\n', at, true)))
      local default = vim.inspect(option[1], { newline = ' ', indent = '' }):gsub('%s+', ' ')
      if name == 'log_file' then default = '"mlm-lsp.log"' end
      if not entry or not entry:gsub('%s+', ' '):find('Default: ' .. default, 1, true) then table.insert(missing, name) end
    end
    for _, name in ipairs(require('mlm-lsp.commands').names()) do
      if not text:find('*:MlmLsp-' .. name .. '*', 1, true) then table.insert(missing, ':MlmLsp ' .. name) end
    end
    return missing
  ]])
  c:expect('it has every option with its default, and every command: ' .. vim.inspect(missing), function() return #missing == 0 end)
  c:expect('its lines fit', function() return c:lua([[return vim.iter(vim.split(text, '\n')):all(function(l) return #l <= 78 end)]]) end)
end)
