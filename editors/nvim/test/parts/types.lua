-- Types in place, written with their imports.
local child = require('child')

child.test('types', nil, function(c)
  c:open('history.py')
  c:attached()
  -- The names of namespaces are Neovim's own, so all are looked through. Hints become text when the screen is drawn, which an editor without one puts off.
  local function shown()
    return c:lua([[
      vim.cmd.redraw()
      local found = {}
      for _, space in pairs(vim.api.nvim_get_namespaces()) do
        for _, m in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
          for _, part in ipairs(m[4].virt_text or {}) do table.insert(found, { row = m[2], text = part[1] }) end
        end
      end
      return found
    ]])
  end
  local function hint(row, text)
    for _, h in ipairs(shown()) do
      if h.row == row and vim.trim(h.text):gsub('%s', '') == text then return true end
    end
  end
  c:expect('the type of a parameter is shown in place', function() return hint(12, ':bool') end)
  c:keys('6G/path<CR>')
  c:expect('the cursor is at a parameter', function() return vim.deep_equal(c:call('nvim_win_get_cursor', 0), { 6, 15 }) end)
  c:choose('as `Path`')
  c:expect('its type is written', function() return vim.tbl_contains(c:call('nvim_buf_get_lines', 0, 0, -1, true), 'def read_sales(path: Path):') end)
  c:expect('and imported', function() return vim.tbl_contains(c:call('nvim_buf_get_lines', 0, 0, -1, true), 'from pathlib import Path') end)
  c:keys('u')
  c:expect('one undo takes both back', function() return c:line(6) == 'def read_sales(path):' and not table.concat(c:call('nvim_buf_get_lines', 0, 0, -1, true), '\n'):find('pathlib') end)
  assert(not c:messages():find('Error'), c:messages())
end)

child.test('types of a whole file', nil, function(c)
  c:open('history.py')
  c:attached()
  c:lua([[vim.fn.confirm = function() return 1 end]]) -- newer ones ask before they write what the server wants confirmed
  c:keys(':MlmLsp annotate<CR>')
  c:expect('what is sure is written', function()
    local text = table.concat(c:call('nvim_buf_get_lines', 0, 0, -1, true), '\n')
    return text:find('verbose: bool = False', 1, true) and text:find(') -> None:', 1, true)
  end)
  assert(not c:messages():find('Error'), c:messages())
end)

child.test('types turned off', [[require('mlm-lsp').setup { inlay_hints = false }]], function(c)
  c:open('history.py')
  c:attached()
  c:expect('no types are shown in place', function() return c:lua([[return not vim.lsp.inlay_hint.is_enabled({ bufnr = 0 })]]) end)
end)
