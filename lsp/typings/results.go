package typings

import "strings"

// What functions of the languages' own libraries give back, by the path that they are called with; behind a dot alone: whatever it is called on.
var knownResults = map[string]map[string]string{
	"python": results(`
		str: str repr input chr format ascii bin hex oct .join .strip .lstrip .rstrip .format .lower .upper .replace .decode .title .capitalize .swapcase .hexdigest .isoformat .strftime
			.read_text .as_posix .zfill .ljust .rjust .casefold .expandtabs .removeprefix .removesuffix os.path.join os.path.dirname os.path.basename os.path.abspath os.path.realpath
			os.path.normpath os.path.expanduser os.path.expandvars os.path.relpath os.getcwd os.fspath json.dumps tempfile.mkdtemp tempfile.gettempdir textwrap.dedent textwrap.indent time.strftime
			platform.system re.sub re.escape socket.gethostname shlex.quote html.escape traceback.format_exc inspect.cleandoc urllib.parse.quote urllib.parse.urlencode urllib.parse.urljoin
		int: len int ord hash id round .index .find .rfind .fileno .bit_length os.getpid time.time_ns random.randint random.randrange sys.getsizeof
		float: float .timestamp .total_seconds time.time time.monotonic time.perf_counter random.random random.uniform math.sqrt math.log math.exp math.sin math.cos os.path.getmtime
		bool: bool isinstance callable hasattr any all issubclass .startswith .endswith .exists .is_dir .is_file .isdigit .isalpha .isnumeric .isupper .islower .isspace .issubset .issuperset
			.isidentifier .is_set .is_absolute os.path.exists os.path.isfile os.path.isdir os.path.isabs os.path.islink math.isnan math.isclose inspect.isclass
		bytes: bytes .encode .digest .read_bytes os.urandom base64.b64encode base64.b64decode pickle.dumps
		list[str]: .split .splitlines .rsplit os.listdir glob.glob shlex.split dir
		str|None: os.getenv os.environ.get shutil.which
		re.Pattern[str]: re.compile
		re.Match[str]|None: re.match re.search re.fullmatch
		logging.Logger: logging.getLogger
		datetime.datetime: datetime.datetime.now datetime.datetime.utcnow datetime.datetime.strptime datetime.datetime.fromtimestamp
		datetime: datetime.now datetime.utcnow datetime.strptime datetime.fromtimestamp
		asyncio.Task: asyncio.create_task asyncio.ensure_future
		asyncio.AbstractEventLoop: asyncio.get_event_loop asyncio.new_event_loop asyncio.get_running_loop
		uuid.UUID: uuid.uuid4 uuid.uuid1
		argparse.Namespace: .parse_args
		Path: Path.cwd Path.home
		None: print .append .extend .sort .reverse`),
	"typescript": results(`
		string: String JSON.stringify encodeURIComponent decodeURIComponent path.join path.resolve path.dirname path.basename path.relative path.extname path.normalize .join .trim .trimEnd
			.trimStart .toLowerCase .toUpperCase .substring .substr .replace .replaceAll .padStart .padEnd .repeat .charAt .toFixed .toISOString .toLocaleString .toString
			.toLocaleLowerCase .toPrecision String.fromCharCode process.cwd btoa atob
		number: Number parseInt parseFloat Number.parseInt Number.parseFloat Date.now performance.now .indexOf .lastIndexOf .findIndex .charCodeAt .codePointAt .getTime .localeCompare
			Math.abs Math.ceil Math.floor Math.max Math.min Math.pow Math.random Math.round Math.sqrt Math.sin Math.cos Math.log Math.hypot Math.trunc Math.sign Math.atan2
		boolean: Boolean Array.isArray Number.isInteger Number.isNaN Number.isFinite isNaN isFinite .includes .startsWith .endsWith .some .every .has .hasOwnProperty .isEmpty .test
			.isPrototypeOf Object.is fs.existsSync
		string[]: .split Object.keys Object.getOwnPropertyNames
		bigint: BigInt
		symbol: Symbol Symbol.for
		Buffer: Buffer.from Buffer.alloc Buffer.concat
		DOMRect: .getBoundingClientRect
		HTMLElement|null: document.getElementById
		CanvasRenderingContext2D|null: .getContext
		DocumentFragment: document.createDocumentFragment`),
}

// elementsOf are what document.createElement makes, by tag; what is not here is an HTMLElement.
var elementsOf = map[string]string{
	"a": "HTMLAnchorElement", "audio": "HTMLAudioElement", "button": "HTMLButtonElement", "canvas": "HTMLCanvasElement", "div": "HTMLDivElement", "form": "HTMLFormElement", "iframe": "HTMLIFrameElement",
	"img": "HTMLImageElement", "input": "HTMLInputElement", "label": "HTMLLabelElement", "li": "HTMLLIElement", "option": "HTMLOptionElement", "script": "HTMLScriptElement", "select": "HTMLSelectElement",
	"span": "HTMLSpanElement", "style": "HTMLStyleElement", "table": "HTMLTableElement", "td": "HTMLTableCellElement", "textarea": "HTMLTextAreaElement", "tr": "HTMLTableRowElement", "ul": "HTMLUListElement",
	"video": "HTMLVideoElement",
}

// results reads "type: function function ..." lines; a line that begins with none goes on with the one before.
func results(text string) map[string]string {
	known := map[string]string{}
	result := ""
	for word := range strings.FieldsSeq(text) {
		if is, ok := strings.CutSuffix(word, ":"); ok {
			result = strings.ReplaceAll(is, "|", " | ")
			continue
		}
		known[word] = result
	}
	return known
}

// libraryResult is what a function of a library gives back; "" where it is not known to be one.
func (l *look) libraryResult(c Called) string {
	known := knownResults[l.language]
	if t, ok := known[c.Path]; ok {
		return t
	}
	if l.language == "typescript" && c.Name == "createElement" && strings.HasSuffix(c.Path, "document.createElement") {
		if tag := strings.Trim(l.text(l.step(l.step(c.At, 1), 1)), "'\"`"); elementsOf[tag] != "" {
			return elementsOf[tag]
		}
		return "HTMLElement"
	}
	if strings.Contains(c.Path, ".") {
		return known["."+c.Name]
	}
	return ""
}

// ofLibrary tells whether things of the language itself have a method of that name: another file's function of the name says little.
func ofLibrary(language, name string) bool {
	if _, ok := knownResults[language]["."+name]; ok {
		return true
	}
	return commonMethods[name]
}

var commonMethods = func() map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(`get set add pop push append extend update items keys values copy clear remove insert count index sort close read write open run start stop send next
		then catch map filter forEach reduce find slice concat flat call apply bind on off emit toString valueOf length size delete entries shift unshift splice create
		format print log info debug warning warn error main init setup test it describe expect`) {
		m[word] = true
	}
	return m
}()
