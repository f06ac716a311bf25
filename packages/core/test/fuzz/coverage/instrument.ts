import ts from 'typescript'
import { countersKey } from './counters.js'

/** A module whose blocks count how often they run. */
export interface Instrumented {
  /** JavaScript, with its source map. */
  readonly code: string
  /** How many blocks there are. */
  readonly blocks: number
}

/**
 * Puts a counter into every block of a TypeScript module: bodies of functions and loops, both ways of an `if` and of `? :`, what `&&`, `||`
 * and `??` may skip, each clause of a `switch`, and `catch`.
 *
 * @param name how the module is called in reports
 */
export function instrument(source: string, name: string): Instrumented {
  const lines: number[] = []
  const { outputText } = ts.transpileModule(source, {
    fileName: name,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
    },
    transformers: { before: [(context) => (file) => countBlocks(file, lines, context)] },
  })
  // on the first line, so that all other lines stay where the source map has them
  const open = `const $counters = globalThis[Symbol.for('${countersKey}')](${JSON.stringify(name)}, ${JSON.stringify(lines)});`
  return { code: open + outputText, blocks: lines.length }
}

const { factory } = ts

function countBlocks(file: ts.SourceFile, lines: number[], context: ts.TransformationContext): ts.SourceFile {
  /** `$counters[n]++` for what begins at this node. */
  const count = (at: ts.Node): ts.Expression => {
    const index = lines.length
    lines.push(file.getLineAndCharacterOfPosition(at.getStart(file)).line + 1)
    return factory.createPostfixIncrement(
      factory.createElementAccessExpression(factory.createIdentifier('$counters'), index),
    )
  }
  const visit = (node: ts.Node): ts.Node => ts.visitEachChild(replace(node), visit, context)
  const counted = (statement: ts.Statement): ts.Block => {
    const counter = factory.createExpressionStatement(count(statement))
    const statements = ts.isBlock(statement) ? statement.statements : [statement]
    return ts.setTextRange(factory.createBlock([counter, ...statements], true), statement)
  }
  const countedValue = (value: ts.Expression): ts.Expression =>
    factory.createParenthesizedExpression(
      factory.createBinaryExpression(count(value), ts.SyntaxKind.CommaToken, value),
    )

  /** The same node, with counters in the blocks that it begins. */
  const replace = (node: ts.Node): ts.Node => {
    if (ts.isIfStatement(node)) {
      const otherwise = node.elseStatement ?? ts.setTextRange(factory.createBlock([]), node)
      return factory.updateIfStatement(node, node.expression, counted(node.thenStatement), counted(otherwise))
    }
    if (ts.isConditionalExpression(node)) {
      const { condition, questionToken, whenTrue, colonToken, whenFalse } = node
      return factory.updateConditionalExpression(
        node,
        condition,
        questionToken,
        countedValue(whenTrue),
        colonToken,
        countedValue(whenFalse),
      )
    }
    if (ts.isBinaryExpression(node) && skipping.has(node.operatorToken.kind)) {
      return factory.updateBinaryExpression(node, node.left, node.operatorToken, countedValue(node.right))
    }
    if (ts.isCaseOrDefaultClause(node)) {
      const statements = [factory.createExpressionStatement(count(node)), ...node.statements]
      return ts.isCaseClause(node)
        ? factory.updateCaseClause(node, node.expression, statements)
        : factory.updateDefaultClause(node, statements)
    }
    if (ts.isCatchClause(node)) {
      return factory.updateCatchClause(node, node.variableDeclaration, counted(node.block))
    }
    return replaceBody(node)
  }

  const replaceBody = (node: ts.Node): ts.Node => {
    if (ts.isArrowFunction(node)) {
      const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body } = node
      const newBody = ts.isBlock(body) ? counted(body) : countedValue(body)
      return factory.updateArrowFunction(
        node,
        modifiers,
        typeParameters,
        parameters,
        type,
        equalsGreaterThanToken,
        newBody,
      )
    }
    const body = bodyOf(node)
    if (body === undefined) return node
    // the one place where it stands is found by its identity
    return ts.visitEachChild(node, (child) => (child === body ? counted(body) : child), context)
  }
  return ts.visitEachChild(file, visit, context)
}

/** The body of a function with a block, or of a loop. */
function bodyOf(node: ts.Node): ts.Statement | undefined {
  if (ts.isIterationStatement(node, false)) return node.statement
  if (ts.isFunctionLike(node) && 'body' in node) return node.body as ts.Block | undefined
  return undefined
}

/** Operators whose right side may not be evaluated. */
const skipping: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken,
])
