-- What a user sees when something is amiss.
local child = require('child')

child.test('the server is killed', nil, function(c)
  c:mistake()
  for round = 1, 3 do
    local before = c:pid()
    assert(vim.uv.kill(before, 'sigkill') == 0)
    c:expect(('killed, the %d. time, it is started again'):format(round), function()
      local now = c:pid()
      return now and now ~= before
    end)
    c:attached()
    c:reported('the mistake is shown again')
  end
  c:told('that is told', 'the server was ended by signal 9, and is started again')
  assert(vim.uv.kill(c:pid(), 'sigkill') == 0)
  c:told('one that dies again and again is left to the user', ':MlmLsp restart starts it again')
  c:keys('<CR>:<Esc>')
  c:expect('nothing stale is shown', function() return #c:diagnostics('mlm-lsp') == 0 end)
  c:keys('GoX = 1<Esc>')
  c:expect('the editor goes on', function() return vim.trim(c:line(c:call('nvim_buf_line_count', 0))) == 'X = 1' end)
  c:keys(':MlmLsp restart<CR>')
  c:expect('restarted', function()
    local now = c:pid()
    return now
  end)
  c:attached()
  c:reported('the mistake is shown again')
end)

child.test(
  'wrong options and settings',
  [[require('mlm-lsp').setup {
    completon = false,
    binary = 3,
    log_level = 'loud',
    settings = { diagnostics = { severty = 'hint', sensitivity = 'normal' }, completion = { maxItems = 0 } },
  }]],
  function(c)
    c:told('an option that is none is told, with the nearest', 'there is no option `completon`: was `completion` meant?')
    c:told('one that cannot be so', 'the option `binary` must be a name to look for on the PATH, or an absolute path, not 3')
    c:told('and what it can be', 'the option `log_level` must be one of "debug", "info", "warn", "error", not "loud"')
    c:keys('<CR>')
    c:open('inventory.py')
    c:attached()
    c:told('a setting that is none is told', 'diagnostics.severty')
    c:told('and one that cannot be so', 'completion.maxItems')
    c:expect('the mistake is shown all the same', function() return #c:diagnostics('mlm-lsp') > 0 end)
    c:keys('<CR>:checkhealth mlm-lsp<CR>')
    c:expect('checkhealth tells of it again', function()
      local text = table.concat(c:call('nvim_buf_get_lines', 0, 0, -1, true), '\n')
      return text:find('ERROR there is no option `completon`', 1, true) and text:find('Log: ', 1, true)
    end)
  end
)

child.test('no table', [[require('mlm-lsp').setup('fast')]], function(c)
  c:told('setup wants a table', 'setup takes a table of options, not "fast"')
  c:keys('<CR>')
  c:open('inventory.py')
  c:attached()
end)

child.test('no program', [[require('mlm-lsp').setup { binary = 'mlm-lsp-of-nobody' }]], function(c)
  c:open('inventory.py')
  c:told('it is told', 'mlm-lsp-of-nobody is not on the PATH: put it there, or name it by the option `binary`. :checkhealth mlm-lsp says more')
  c:keys('<CR>')
  c:open('history.py')
  c:keys(':MlmLsp doctor<CR>:checkhealth mlm-lsp<CR>')
  c:expect('checkhealth says what to do', function()
    local text = table.concat(c:call('nvim_buf_get_lines', 0, 0, -1, true), '\n')
    return text:find('ERROR mlm-lsp-of-nobody is not on the PATH', 1, true) and text:find('go install ./cmd/mlm-lsp', 1, true) and text:find('It does not run', 1, true)
  end)
  local _, times = c:messages():gsub('checkhealth mlm%-lsp says more', '')
  assert(times == 1, 'a program that is not there is complained of again with every file:\n' .. c:messages())
end)

child.test('no library', [[require('mlm-lsp').setup { args = { '--ort-library', '/nowhere/libonnxruntime.so' } }]], function(c)
  c:open('inventory.py')
  c:told('it is told', '/nowhere/libonnxruntime.so')
  c:expect('the status line says so', function() return c:lua([[return require('mlm-lsp').status()]]) == 'mlm-lsp: no model' end)
  c:keys('<CR>:checkhealth mlm-lsp<CR>')
  c:expect('checkhealth says what to do', function()
    local text = table.concat(c:call('nvim_buf_get_lines', 0, 0, -1, true), '\n')
    return text:find('ERROR Runtime library: ', 1, true) and text:find(':MlmLsp install', 1, true) and text:find('noModel: ', 1, true)
  end)
end)

-- Whatever a project holds, what runs is the program of the PATH's absolute directories: not one in its root that the PATH would lead to by way of ".", nor one that its files name.
child.test('a hostile project', nil, function(c)
  local marker = c.home .. '/was-run'
  local script = { '#!/bin/sh', 'touch ' .. marker, 'exec "$MLM_LSP" "$@"' }
  for _, path in ipairs({ 'mlm-lsp', 'bin/mlm-lsp', 'node_modules/.bin/mlm-lsp', '.venv/bin/mlm-lsp' }) do
    local file = c.work .. '/' .. path
    vim.fn.mkdir(vim.fs.dirname(file), 'p')
    vim.fn.writefile(script, file)
    assert(vim.uv.fs_chmod(file, 493))
  end
  local lure = ([[require('mlm-lsp').setup { binary = '%s/mlm-lsp' }]]):format(c.work)
  vim.fn.writefile({ lure }, c.work .. '/.nvim.lua')
  vim.fn.writefile({ 'lua ' .. lure }, c.work .. '/.exrc')
  vim.fn.writefile({ 'binary = "./mlm-lsp"', 'model = "./model"', 'library = "./libonnxruntime.so"', '[server]', 'path = "./mlm-lsp"' }, c.work .. '/.mlm-lsp.toml')
  vim.fn.mkdir(c.work .. '/.vscode', 'p')
  vim.fn.writefile({ '{ "mlm-lsp.path": "./mlm-lsp", "mlm-lsp.server.path": "./mlm-lsp" }' }, c.work .. '/.vscode/settings.json')
  vim.fn.writefile({ '# vim: set path=. : binary=./mlm-lsp', 'import os', '' }, c.work .. '/lure.py')
  c:open('lure.py')
  c:attached()
  c:told("what the project's file must not set is told", 'model')
  c:keys('<CR>:MlmLsp restart<CR>')
  c:attached()
  c:keys(':MlmLsp doctor<CR>')
  c:expect_late('doctor runs', function() return table.concat(c:call('nvim_buf_get_lines', 0, 0, -1, true), '\n'):find('ONNX Runtime', 1, true) end)
  c:keys('q:checkhealth mlm-lsp<CR>')
  c:expect('checkhealth tells which program runs, and where none is looked for', function()
    local text = table.concat(c:call('nvim_buf_get_lines', 0, 0, -1, true), '\n')
    return text:find('OK ' .. vim.env.MLM_LSP .. ': ', 1, true) and text:find('"., bin, node_modules/.bin"', 1, true) == nil and text:find('node_modules/.bin', 1, true)
  end)
  c:expect('nothing of the project was run', function() return not vim.uv.fs_stat(marker) end)
end, { PATH = '.:bin:node_modules/.bin::' .. vim.fs.dirname(vim.env.MLM_LSP) .. ':' .. vim.env.PATH })
