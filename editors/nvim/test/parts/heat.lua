-- The heat map.
local child = require('child')

local space = 'mlm-lsp.heat'

child.test('the heat map', nil, function(c)
  c:open('inventory.py')
  c:attached()
  local function legend()
    for _, text in ipairs(c:floats()) do
      if text:find('bits', 1, true) then return true end
    end
  end
  local function on(row) return vim.tbl_filter(function(m) return m.row == row end, c:marks(space)) end
  c:lua([[
    local server = require('mlm-lsp.server')
    local request = server.request
    asked = {}
    server.request = function(client, method, params, ...)
      if params.command == 'mlm-lsp.surprise' then table.insert(asked, params.arguments[2] and 'seen' or 'whole') end
      return request(client, method, params, ...)
    end
  ]])
  c:keys(':MlmLsp heat<CR>')
  c:expect('tokens are coloured', function() return #c:marks(space) > 20 end)
  c:expect('what is seen is asked for first, then the whole', function() return c:lua([[return table.concat(asked, ' ')]]) == 'seen whole' end)
  c:expect('also what is not seen is coloured', function() return c:lua([[return vim.fn.line('w$')]]) < 69 and #on(68) > 0 end)
  c:expect('a legend says what colours mean', legend)
  -- A misspelt name is what the model expects least.
  local row = 68
  c:expect('the mistake has a hot colour', function()
    return vim.iter(on(row)):any(function(m) return m.group:match('MlmLspHeat[456]') end)
  end)
  c:expect('the colours can be seen', function() return c:lua([[local hl = vim.api.nvim_get_hl(0, { name = 'MlmLspHeat5' }) return hl.bg ~= nil and hl.ctermbg ~= nil]]) end)
  -- As a map that is asked again would be drawn faster than one could look, the server is asked nothing for a while.
  c:lua([[
    local request = vim.lsp.client and vim.lsp.client.request
    held = {}
    local server = require('mlm-lsp.server')
    ask = server.request
    server.request = function(client, method, ...)
      if method == 'workspace/executeCommand' then held[#held + 1] = true return true, 0 end
      return ask(client, method, ...)
    end
    server.cancel = function() end
  ]])
  c:keys(('%dGA  # late<Esc>'):format(row + 1))
  c:expect('what is edited loses its colours at once', function() return #on(row) == 0 end)
  c:expect('the rest keeps them', function() return #c:marks(space) > 20 end)
  c:expect('the map is asked anew', function() return c:lua('return #held') > 0 end)
  c:lua([[require('mlm-lsp.server').request = ask]])
  c:keys('Go# last<Esc>')
  c:expect('and drawn', function() return #on(row) > 0 end)
  c:keys(':vsplit<CR>')
  c:expect('each window of the file has a legend', function()
    return #vim.tbl_filter(function(t) return t:find('bits', 1, true) end, c:floats()) == 2
  end)
  c:keys(':only<CR>:MlmLsp heat<CR>')
  c:expect('toggled, it is gone', function() return #c:marks(space) == 0 and not legend() end)
  c:keys('ggO# first<Esc>')
  c:expect('an edit does not bring it back', function() return c:line(1) == '# first' and #c:marks(space) == 0 end)
  c:keys(':MlmLsp heat<CR>')
  c:expect('toggled again, it is there', function() return #c:marks(space) > 20 end)
  c:keys(':bdelete!<CR>')
  c:expect('with the file its legend goes', function() return not legend() end)
  assert(not c:messages():find('Error'), c:messages())
end)

-- Bytes and the units of UTF-16 differ here.
child.test('the heat map of a text beyond ASCII', nil, function(c)
  c:open('weather.py')
  c:attached()
  c:keys(':MlmLsp heat<CR>')
  c:expect('tokens are coloured', function() return #c:marks(space) > 3 end)
  local cut = c:lua([[
    local space = vim.api.nvim_get_namespaces()['mlm-lsp.heat']
    for _, m in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
      local text = vim.api.nvim_buf_get_text(0, m[2], m[3], m[4].end_row, m[4].end_col, {})[1]
      -- A token is a word, a string or signs: never a part of a word, nor a blank at its end.
      if text == '' or text:match('^%s') or text:match('%s$') then return text end
      local line = vim.api.nvim_buf_get_lines(0, m[2], m[2] + 1, true)[1]
      if text:match('^[%w_]+$') and (line:sub(m[3], m[3]):match('[%w_]') or line:sub(m[4].end_col + 1, m[4].end_col + 1):match('[%w_]')) then return text end
    end
  ]])
  c:expect('each on a whole token', function() return cut == nil end)
end)
