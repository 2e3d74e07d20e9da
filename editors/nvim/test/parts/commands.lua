-- :MlmLsp and :checkhealth.
local child = require('child')

child.test('what :MlmLsp takes', nil, function(c)
  c:open('inventory.py')
  c:attached()
  local function offered(line) return c:call('nvim_call_function', 'getcompletion', { line, 'cmdline' }) end
  c:expect('subcommands are completed', function()
    return vim.deep_equal(offered('MlmLsp '), { 'annotate', 'doctor', 'explain', 'heat', 'install', 'log', 'restart', 'silence', 'train' })
  end)
  c:expect('those that begin so', function() return vim.deep_equal(offered('MlmLsp re'), { 'restart' }) end)
  c:expect('kinds of findings', function() return vim.tbl_contains(offered('MlmLsp silence '), c:diagnostics('mlm-lsp')[1] and c:diagnostics('mlm-lsp')[1].code) end)
  c:keys(':MlmLsp anotate<CR>')
  c:told('one that is none is told, with the nearest', 'there is no `:MlmLsp anotate`: was `annotate` meant?')
  c:keys(':MlmLsp heat now<CR>')
  c:told('and words that are too many', '`:MlmLsp heat` takes nothing')
  c:keys(':enew<CR>:MlmLsp explain<CR>')
  c:told('and that there is no server', 'the server does not run in this buffer')
end)

child.test('explain', nil, function(c)
  local at = c:mistake()
  c:keys(('%dG%d|:MlmLsp explain<CR>'):format(at.row + 1, at.column + 1))
  local function window()
    for _, text in ipairs(c:floats()) do
      if text:find('quantity', 1, true) then return text end
    end
  end
  local text = c:expect('a window says what could stand there', window)
  io.stdout:write('     ', (text:gsub('\n', '\n     ')), '\n')
  c:keys('gg')
  c:expect('it goes when the cursor does', function() return not window() end)
  c:keys(('%dG%d|'):format(at.row + 1, at.column + 1))
  c:choose('Explain')
  c:expect('the action shows the same', window)
  c:keys('gg:7<CR>:MlmLsp explain<CR>')
  c:told('where nothing can be explained, that is told', 'there is nothing to explain')
end)

child.test('silence', nil, function(c)
  local at = c:mistake()
  c:keys('gg:MlmLsp silence<CR>')
  c:told('it wants to know what', 'there is no finding in this line')
  c:keys((':edit .mlm-lsp.toml<CR>i# mine<Esc>:edit inventory.py<CR>%dG:MlmLsp silence<CR>'):format(at.row + 1))
  c:told("it leaves the project's file alone while it is not saved", '.mlm-lsp.toml has changes that are not saved: save it first')
  c:keys((':wall<CR>%dG:MlmLsp silence<CR>'):format(at.row + 1))
  c:expect("it is in the project's file, below what the user wrote", function()
    local file = io.open(c.work .. '/.mlm-lsp.toml')
    if not file then return end
    local text = file:read('*a')
    file:close()
    return vim.startswith(text, '# mine\n') and text:find(at.code, 1, true)
  end)
  c:expect('the diagnostic is gone', function() return #c:diagnostics('mlm-lsp') == 0 end)
  c:expect('the file at hand is the same', function() return vim.endswith(c:call('nvim_buf_get_name', 0), 'inventory.py') end)
  assert(not c:messages():find('Error'), c:messages())
end)

child.test('restart and log', nil, function(c)
  c:mistake()
  local before = c:pid()
  c:keys(':MlmLsp restart<CR>')
  c:expect('another process answers', function()
    local now = c:pid()
    return now and now ~= before and vim.api.nvim_get_proc(before) == nil
  end)
  c:attached()
  c:reported('the mistake is shown again')
  c:keys(':MlmLsp log<CR>')
  c:expect('the log is open', function()
    return vim.endswith(c:call('nvim_buf_get_name', 0), 'mlm-lsp.log') and c:line(1):find('session begins', 1, true)
  end)
  assert(not c:messages():find('quit with'), c:messages())
end)

child.test('doctor', nil, function(c)
  c:keys(':MlmLsp doctor<CR>')
  c:expect_late('it says what it has looked at', function()
    local text = table.concat(c:call('nvim_buf_get_lines', 0, 0, -1, true), '\n')
    return text:find('self-test', 1, true) and text:find('ONNX Runtime', 1, true)
  end)
  c:keys('q')
  c:expect('q closes it', function() return #c:call('nvim_list_wins') == 1 end)
end)

child.test('train', nil, function(c)
  c:open('inventory.py')
  c:attached()
  c:keys(':MlmLsp train soon<CR>')
  c:told('it takes minutes', 'soon is no number of minutes')
  c:keys('<CR>:MlmLsp train 0.02<CR>')
  c:expect('a terminal shows the training', function()
    return vim.iter(c:call('nvim_list_bufs')):any(function(b) return c:call('nvim_get_option_value', 'buftype', { buf = b }) == 'terminal' end)
  end)
  c:expect('the cursor stays in the file', function() return vim.endswith(c:call('nvim_buf_get_name', 0), 'inventory.py') end)
  c:told_late('at the end it says how to use the model', "args = { '--model', '" .. c.home .. '/data/nvim/mlm-lsp/work-')
  local bundle = c:messages():match("'%-%-model', '([^']+)'")
  c:expect('the model is there', function() return vim.uv.fs_stat(bundle .. '/model.safetensors') end)
  -- What it said is what makes use of it.
  c:lua([[require('mlm-lsp').setup { args = { '--model', ... } }]], bundle)
  c:keys(':MlmLsp restart<CR>')
  c:expect('the server runs with it', function()
    local pid = c:pid()
    local file = pid and io.open(('/proc/%d/cmdline'):format(pid))
    return file and file:read('*a'):find(bundle, 1, true)
  end)
  c:attached()
end)

child.test('checkhealth', nil, function(c)
  c:open('inventory.py')
  c:attached()
  c:keys(':checkhealth mlm-lsp<CR>')
  local text = c:expect_late('it looks at everything', function()
    local all = table.concat(c:call('nvim_buf_get_lines', 0, 0, -1, true), '\n')
    return all:find('Log: ', 1, true) and all
  end)
  for what, words in pairs({
    ["the editor's version"] = 'OK Neovim ' .. tostring(vim.version()):match('^[%d.]+'),
    ['the program'] = 'OK ' .. vim.env.MLM_LSP .. ': mlm-lsp',
    ['its library'] = 'OK Runtime library: ONNX Runtime',
    ['its model'] = 'OK Model: default',
    ['who is attached'] = c.work .. ', positions in ',
    ['the log'] = c.home .. '/state/nvim/mlm-lsp.log',
  }) do
    c:expect('of ' .. what, function() return text:find(words, 1, true) end)
  end
  assert(not text:find('ERROR', 1, true) and not text:find('WARN', 1, true), text)
end)
